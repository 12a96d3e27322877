// SPDX-License-Identifier: Apache-2.0
import TendonModel

extension InstanceView: Listed {
  var listName: String { id.description }

  static let columns: [Column<InstanceView>] = [
    Column(title: "NAME") { view, _ in Cell(view.id.description) },
    Column(title: "STATE") { view, _ in Cell(view.stateText, view.stateStyle) },
    Column(title: "KIND") { view, _ in Cell(view.kind?.rawValue ?? "") },
    Column(title: "RUN", alignment: .right, isWide: true) { view, _ in
      Cell(view.run.map(String.init) ?? "")
    },
    Column(title: "HOST") { view, _ in Cell(view.host?.rawValue ?? "") },
    Column(title: "PID", alignment: .right) { view, _ in
      Cell(view.status?.pid.map(String.init) ?? "")
    },
    Column(title: "PORTS") { view, _ in Cell(view.portsText) },
    Column(title: "RESTARTS", alignment: .right) { view, _ in
      Cell(view.status.map { "\($0.restarts)" } ?? "")
    },
    Column(title: "CPU", alignment: .right, isVolatile: true) { view, _ in
      Cell(view.cpuMilli.map(HumanUnits.cpu) ?? "")
    },
    Column(title: "MEMORY", alignment: .right, isVolatile: true) { view, _ in
      Cell(view.memoryBytes.map(HumanUnits.bytes) ?? "")
    },
    Column(title: "AGE", alignment: .right, isVolatile: true) { view, now in
      Cell(HumanUnits.age(of: view.status?.startedAt, at: now))
    },
    Column(title: "EPOCH", alignment: .right, isWide: true) { view, _ in
      Cell(view.epoch?.description ?? "")
    },
    Column(title: "CPU-LIMITS", isWide: true) { view, _ in Cell(view.resources.cpuText) },
    Column(title: "MEMORY-LIMITS", isWide: true) { view, _ in Cell(view.resources.memoryText) },
    Column(title: "COPIES", alignment: .right, isWide: true) { view, _ in
      Cell("\(view.placements)", view.placements > 1 ? .warning : .plain)
    },
    Column(title: "LAST-EXIT", isWide: true) { view, _ in Cell(view.lastExitText) },
    Column(title: "MESSAGE") { view, _ in
      // All is said of one that runs; the others explain themselves.
      Cell(view.isReady ? "" : view.message)
    },
  ]

  /// `address:port` of each port, with the port's name when there are several.
  private var portsText: String {
    let ports = (status?.ports ?? [:]).sorted { $0.key < $1.key }
    return ports.map { name, port in
      let place = address.map { "\($0):\(port)" } ?? "\(port)"
      return ports.count == 1 ? place : "\(name)=\(place)"
    }.joined(separator: ",")
  }

  private var lastExitText: String {
    guard let exit = status?.lastExit else { return "" }
    return exit.outOfMemory ? "\(exit.status), out of memory" : exit.status.description
  }

  private var isInCrashLoop: Bool { status?.crashLoop != nil && state != .running }

  private var isQuarantined: Bool { quarantinedAt != nil && state != .running }

  private var stateText: String {
    if isQuarantined { return "quarantined" }
    if isInCrashLoop { return "crash-loop" }
    return state == .running && !isReady ? "not-ready" : state.rawValue
  }

  private var stateStyle: Style {
    if isQuarantined || isInCrashLoop { return .bad }
    return state == .running && !isReady ? .warning : state.style
  }
}

extension InstanceView.State {
  var style: Style {
    switch self {
    case .running: .good
    case .starting, .waiting, .stopping, .unknown: .warning
    case .ended: .faint
    case .pending, .failed, .lost: .bad
    }
  }
}
