// SPDX-License-Identifier: Apache-2.0
import TendonModel

extension ReservationView: Listed {
  var listName: String { name.rawValue }

  static let columns: [Column<ReservationView>] = [
    Column(title: "NAME") { view, _ in Cell(view.name.rawValue) },
    Column(title: "STATE") { view, _ in Cell(view.state.rawValue, view.state.style) },
    Column(title: "CPU", alignment: .right) { view, _ in
      Cell("\(view.drawn.cpu)/\(view.held.cpu)")
    },
    Column(title: "MEMORY", alignment: .right) { view, _ in
      Cell("\(view.drawn.memory.rounded)/\(view.held.memory.rounded)")
    },
    Column(title: "ASKED") { view, _ in Cell(view.reservation.total.description) },
    Column(title: "HOSTS") { view, _ in
      Cell(view.holds.map(\.host.rawValue).joined(separator: ","))
    },
    Column(title: "FOR") { view, _ in
      Cell(view.reservation.services.map(\.rawValue).joined(separator: ","))
    },
    Column(title: "INSTANCES", isWide: true) { view, _ in
      Cell(view.instances.map(\.description).joined(separator: ","))
    },
    Column(title: "LENT-TO", isWide: true) { view, _ in
      Cell((view.borrowers ?? []).map(\.description).joined(separator: ","))
    },
    Column(title: "FROM", isWide: true) { view, _ in
      Cell(view.reservation.from?.description ?? "")
    },
    Column(title: "UNTIL") { view, _ in Cell(view.reservation.until?.description ?? "") },
    Column(title: "MESSAGE") { view, _ in Cell(view.message) },
  ]
}

extension ReservationView.State {
  var style: Style {
    switch self {
    case .held: .good
    case .scheduled: .faint
    case .short: .warning
    }
  }
}
