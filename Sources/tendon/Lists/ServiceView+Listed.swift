// SPDX-License-Identifier: Apache-2.0
import TendonModel

extension ServiceView: Listed {
  var listName: String { spec.name.rawValue }

  static let columns: [Column<ServiceView>] = [
    Column(title: "NAME") { view, _ in Cell(view.spec.name.rawValue) },
    Column(title: "KIND") { view, _ in Cell(view.spec.workload.kind.rawValue) },
    Column(title: "RUNNING", alignment: .right) { view, _ in
      Cell(
        "\(view.running)/\(view.wanted)", view.running == view.wanted ? .good : .warning)
    },
    Column(title: "DONE", alignment: .right) { view, _ in
      Cell(view.work?.doneText ?? "", view.work?.doneStyle ?? .plain)
    },
    Column(title: "READY", alignment: .right) { view, _ in
      let ready = view.ready ?? view.running
      return Cell("\(ready)", ready == view.spec.replicas ? .good : .warning)
    },
    Column(title: "PENDING", alignment: .right) { view, _ in
      Cell("\(view.pending)", view.pending == 0 ? .plain : .bad)
    },
    Column(title: "NEXT-RUN") { view, _ in Cell(view.work?.nextRun?.description ?? "") },
    Column(title: "LAST-RUN") { view, _ in Cell(view.work?.lastRunText ?? "") },
    Column(title: "CPU") { view, _ in Cell(view.spec.resources.cpuText) },
    Column(title: "MEMORY") { view, _ in Cell(view.spec.resources.memoryText) },
    Column(title: "REVISION", alignment: .right) { view, _ in Cell("\(view.revision)") },
    Column(title: "IO", isWide: true) { view, _ in Cell(view.spec.resources.ioText) },
    Column(title: "PIDS", isWide: true) { view, _ in Cell("\(view.spec.resources.pids)") },
    Column(title: "PORTS", isWide: true) { view, _ in
      Cell(
        view.spec.ports.map { port in port.fixed.map { "\(port.name):\($0)" } ?? port.name }
          .joined(separator: ","))
    },
    Column(title: "RESTART", isWide: true) { view, _ in Cell(view.spec.restart.rawValue) },
    Column(title: "OVERRIDES", isWide: true) { view, _ in
      Cell(view.overrides.keys.sorted { (Int($0) ?? 0) < (Int($1) ?? 0) }.joined(separator: ","))
    },
    Column(title: "COMMAND", isWide: true) { view, _ in
      Cell(view.spec.command.joined(separator: " "))
    },
  ]
}

extension WorkView {
  /// `3/5`: completions of the newest run; empty for a daemon and before the first run.
  fileprivate var doneText: String { runs.last.map { "\($0.succeeded)/\($0.completions)" } ?? "" }

  fileprivate var doneStyle: Style {
    switch runs.last?.outcome {
    case .succeeded: .good
    case .failed: .bad
    case .replaced: .warning
    case nil: .plain
    }
  }

  /// `2 succeeded 2026-11-25T03:00:04.120Z`, of the newest run that ended.
  fileprivate var lastRunText: String {
    guard let run = runs.last(where: { $0.outcome != nil }) else { return "" }
    return "\(run.number) \(run.outcome?.rawValue ?? "") \(run.finishedAt?.description ?? "")"
  }
}

extension Resources {
  /// `request:limit`, with cores of its own after it.
  var cpuText: String {
    "\(cpu.request):\(cpu.limit)" + (cores.map { " on \(counted($0, "core"))" } ?? "")
  }

  /// `request:limit`.
  var memoryText: String { "\(memory.request):\(memory.limit)" }

  /// What is limited at all; empty when nothing is.
  var ioText: String {
    var parts: [String] = []
    if let read = io.read.value { parts.append("read \(read)") }
    if let write = io.write.value { parts.append("write \(write)") }
    if let count = io.readOps.value { parts.append("read \(count)/s") }
    if let count = io.writeOps.value { parts.append("write \(count)/s") }
    for (device, rates) in io.devices.sorted(by: { $0.key < $1.key }) {
      parts.append("\(device): \(rates)")
    }
    if let weight = io.weight { parts.append("weight \(weight)") }
    return parts.joined(separator: ", ")
  }
}
