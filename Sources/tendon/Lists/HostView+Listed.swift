// SPDX-License-Identifier: Apache-2.0
import TendonModel

extension HostView: Listed {
  var listName: String { id.rawValue }

  static let columns: [Column<HostView>] = [
    Column(title: "NAME") { view, _ in Cell(view.id.rawValue) },
    Column(title: "STATE") { view, _ in view.stateCell },
    Column(title: "INSTANCES", alignment: .right) { view, _ in Cell("\(view.instances)") },
    Column(title: "CPU", alignment: .right) { view, _ in
      Cell("\(view.reservedCPU)/\(view.facts.capacity.cpu)")
    },
    Column(title: "MEMORY", alignment: .right) { view, _ in
      Cell("\(whole(view.reservedMemory))/\(whole(view.facts.capacity.memory))")
    },
    Column(title: "CPU-USE", alignment: .right, isVolatile: true) { view, _ in
      Cell(view.usage.map { HumanUnits.cpu(milli: $0.cpuMilli) } ?? "")
    },
    Column(title: "MEMORY-USE", alignment: .right, isVolatile: true) { view, _ in
      Cell(view.usage.map { HumanUnits.bytes($0.memoryUsedBytes) } ?? "")
    },
    Column(title: "HEARD", alignment: .right, isVolatile: true) { view, _ in
      Cell(view.silentMilliseconds.map(heard) ?? "")
    },
    Column(title: "ADDRESS") { view, _ in Cell(view.facts.address) },
    Column(title: "PRESSURE", isWide: true, isVolatile: true) { view, _ in
      Cell(view.usage?.pressureText ?? "")
    },
    Column(title: "RTT", alignment: .right, isWide: true, isVolatile: true) { view, _ in
      Cell(view.roundTripMicroseconds.map { HumanUnits.microseconds(Int64($0)) } ?? "")
    },
    Column(title: "STREAM", isWide: true) { view, _ in
      view.isConnected ? Cell("open") : Cell("closed", .warning)
    },
    Column(title: "KERNEL", isWide: true) { view, _ in Cell(view.facts.kernel) },
    Column(title: "CONTROLLERS", isWide: true) { view, _ in
      Cell(view.facts.controllers.joined(separator: ","))
    },
    Column(title: "VERSION", isWide: true) { view, _ in Cell(view.facts.version) },
    Column(title: "LABELS", isWide: true) { view, _ in
      Cell(
        view.facts.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
          .joined(separator: ","))
    },
    Column(title: "TAINTS", isWide: true) { view, _ in
      Cell((view.taints ?? []).map(\.description).joined(separator: ","))
    },
    Column(title: "MESSAGE") { view, _ in
      let state = view.state == .ready || view.message.isEmpty ? [] : [view.message]
      let cordon = view.cordon.map { [$0.description] } ?? []
      let held = view.held.map { [$0.description] } ?? []
      return Cell((state + cordon + held + (view.conditions ?? [])).joined(separator: "; "))
    },
  ]

  /// `ready`, or `ready,draining`.
  private var stateCell: Cell {
    guard let cordon else {
      guard held != nil, state == .ready else { return Cell(state.rawValue, state.style) }
      return Cell("\(state.rawValue),held", .warning)
    }
    let word = cordon.drain.map { $0.isDone ? "drained" : "draining" } ?? "cordoned"
    return Cell("\(state.rawValue),\(word)", state == .ready ? .warning : state.style)
  }

  /// A host's memory is a measured amount, so it is rounded.
  private static func whole(_ bytes: Bytes) -> String {
    HumanUnits.bytes(UInt64(clamping: bytes.rawValue))
  }

  private static func heard(_ milliseconds: Int64) -> String {
    milliseconds < 1000 ? "\(milliseconds)ms" : HumanUnits.age(milliseconds: milliseconds)
  }
}

extension HostUsage {
  /// "some" pressure over ten seconds; empty where the kernel has none.
  fileprivate var pressureText: String {
    [("cpu", cpuPressure), ("memory", memoryPressure), ("io", ioPressure)]
      .compactMap { name, value in
        value.map { "\(name) \($0 / 100).\($0 % 100 < 10 ? "0" : "")\($0 % 100)%" }
      }
      .joined(separator: ", ")
  }
}

extension HostState {
  var style: Style {
    switch self {
    case .ready: .good
    case .suspect: .warning
    case .down: .bad
    }
  }
}
