// SPDX-License-Identifier: Apache-2.0
import TendonModel

extension ClusterEvent: Listed {
  var listName: String { "\(revision).\(ordinal)" }

  static let columns: [Column<ClusterEvent>] = [
    Column(title: "TIME") { event, _ in Cell(event.at.description) },
    Column(title: "REVISION", isWide: true) { event, _ in Cell("\(event.revision)") },
    Column(title: "SEVERITY", isWide: true) { event, _ in
      Cell(event.severity.rawValue, event.severity.style)
    },
    Column(title: "REASON") { event, _ in Cell(event.reason, event.severity.style) },
    Column(title: "SUBJECT") { event, _ in
      Cell(
        event.instance?.description ?? event.service?.rawValue ?? event.reservation?.rawValue ?? "")
    },
    Column(title: "HOST") { event, _ in Cell(event.host?.rawValue ?? "") },
    Column(title: "MESSAGE") { event, _ in Cell(event.message) },
  ]
}

extension ClusterEvent.Severity {
  var style: Style {
    switch self {
    case .info: .plain
    case .warning: .warning
    case .error: .bad
    }
  }
}
