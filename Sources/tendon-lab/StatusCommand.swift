// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonLab

struct StatusCommand: AsyncParsableCommand {
  enum Output: String, ExpressibleByArgument, CaseIterable {
    case table, json
  }

  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show the lab's hosts.")

  @OptionGroup var lab: LabOptions

  @Option(name: [.customShort("o"), .long], help: "table or json.")
  var output = Output.table

  func run() async throws {
    let status = try await lab.open().status()
    switch output {
    case .json: Terminal.write([UInt8](try status.json().utf8), to: 1)
    case .table: print(table(status))
    }
  }

  private func table(_ status: LabStatus) -> String {
    var rows = [["HOST", "ADDRESS", "STATE", "LINK", "LOSS", "CLOCK", "BOOTED IN", "CONTROLLERS"]]
    if let coordinator = status.coordinator {
      let address = coordinator.server.dropFirst("http://".count)
      rows.append(
        ["coordinator", String(address), coordinator.state.rawValue, "-", "-", "-", "-", "-"])
    }
    for host in status.hosts {
      let step = host.clockStepSeconds
      let clock = "\(step > 0 ? "+" : "")\(step) s"
      let boot = host.bootSeconds.map { "\($0) s" } ?? "-"
      rows.append([
        host.name, host.address, host.state.rawValue, host.cut ? "cut" : "up",
        "\(host.lossPercent) %", clock, boot, host.controllers.joined(separator: ","),
      ])
    }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
      return cells.joined(separator: "  ")
    }.joined(separator: "\n")
  }
}
