// SPDX-License-Identifier: Apache-2.0
import TendonCore
import TendonModel

/// How well and how fast instances are placed.
enum PlacementBenchmark {
  /// What can be asked of it.
  struct Options: Sendable {
    /// The two files of a cluster of one's own; nil is the made one.
    var files: (hosts: String, instances: String)?
    /// nil measures both.
    var policy: PlacementPolicy?
    /// nil is five seeds.
    var seed: UInt64?
    var isJSON = false
  }

  /// Packing, and unless the cluster is one's own, speed: that is measured at a size of its own.
  static func run(_ options: Options) async throws -> [BenchResult] {
    let input =
      if let files = options.files {
        try PlacementInput.read(hosts: files.hosts, instances: files.instances)
      } else {
        PlacementInput.made
      }
    // First, while there is nothing else in memory.
    let core = options.files == nil ? try CoreBenchmark.run() : []
    let report = try PackingReport(
      input, policies: options.policy.map { [$0] } ?? PlacementPolicy.allCases,
      seeds: options.seed.map { [$0] } ?? Array(1...5))
    if options.isJSON {
      for line in try report.jsonLines() { print(line) }
    } else {
      show(report.table)
    }
    guard options.files == nil else { return report.results }
    return try await report.results + PlacementSpeed.run() + core + PlacementDurability.run()
  }

  private static func show(_ table: [[String]]) {
    let columns = table[0].indices.map { column in
      (table.map { $0[column].count }.max() ?? 0) + 2
    }
    for row in table {
      var line = ""
      for (cell, width) in zip(row, columns) {
        line += cell + String(repeating: " ", count: width - cell.count)
      }
      while line.last == " " { line.removeLast() }
      print(line)
    }
  }
}
