// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonClient
import TendonModel

struct Rebalance: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Move instances so that hosts are loaded more alike.",
    discussion: """
      Each new copy is ready before the old one stops, and four at most leave a host at once. Fenced instances, jobs, \
      daemons, what draws on a reservation, and services with placement.rebalance: false or the policy pack stay. \
      Nothing is moved where hosts differ little.
      """)

  @OptionGroup var global: GlobalOptions
  @OptionGroup var show: ShowOptions

  @Flag(help: "Show what would be moved, and do nothing.")
  var plan = false

  func run() async throws {
    try await global.withClient { client in
      let view = plan ? try await client.rebalancePlan() : try await client.rebalance()
      try show.show(view, on: global.console) {
        for move in view.moves {
          try global.console.print("\(move.instance)  \(move.from) -> \(move.to)")
        }
        try global.console.print(
          view.moves.isEmpty
            ? "nothing is to be moved: the hosts are loaded alike"
            : "\(counted(view.moves.count, "move")); the spread of the hosts' load (standard deviation over mean) "
              + "goes from \(Self.text(view.imbalanceBefore)) to \(Self.text(view.imbalanceAfter))")
      }
    }
  }

  private static func text(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded())
    return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
  }
}
