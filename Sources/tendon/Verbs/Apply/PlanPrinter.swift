// SPDX-License-Identifier: Apache-2.0
import TendonModel

/// Shows what applying would do.
struct PlanPrinter {
  let plan: PlanView
  let console: Console

  /// So many steps are shown as text; JSON and YAML have all.
  private static let shownSteps = 200

  func print() throws {
    for service in plan.services {
      try console.print("\(service.name)  \(service.outcome.rawValue)  \(service.message)")
    }
    if plan.steps.isEmpty {
      try console.print("nothing is placed, stopped or resized")
    } else {
      var table = Table([("STEP", .left), ("INSTANCE", .left), ("HOST", .left), ("WHY", .left)])
      let rows = plan.steps.prefix(Self.shownSteps).map { step in
        [
          Cell(step.kind.rawValue, step.kind.style), Cell(step.instance.description),
          Cell(step.host.rawValue), Cell(step.message),
        ]
      }
      try console.print(table.text(rows, hasColours: console.hasColours))
      let rest = plan.steps.count - Self.shownSteps
      if rest > 0 { try console.print("and \(counted(rest, "more step")); -o json has all") }
    }
    for instance in plan.waiting {
      try console.print("\(instance.instance) would have no host: \(instance.reason)")
    }
  }
}

extension PlanView.Step.Kind {
  fileprivate var style: Style {
    switch self {
    case .place: .good
    case .stop: .warning
    case .resize: .faint
    }
  }
}
