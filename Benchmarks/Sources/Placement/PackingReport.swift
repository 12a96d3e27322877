// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import TendonCore
import TendonModel

/// How well each way of placing fills a cluster: the policies of the engine, and baselines beside them.
struct PackingReport {
  /// What one way did with one seed. Shares are parts of 1.
  struct Line: Codable {
    var method: String
    var seed: UInt64
    var placed: Int
    var cpuAtFirst: Double
    var memoryAtFirst: Double
    var cpuAt50th: Double
    var memoryAt50th: Double
    var strandedCPU: Double
    /// At 25, 50 and 75 % load; nil where that was not reached.
    var variation: [Double?]
    var maxOverMean: [Double?]

    enum CodingKeys: String, CodingKey {
      case method, seed, placed, variation
      case cpuAtFirst = "cpu_at_first"
      case memoryAtFirst = "memory_at_first"
      case cpuAt50th = "cpu_at_50th"
      case memoryAt50th = "memory_at_50th"
      case strandedCPU = "stranded_cpu"
      case maxOverMean = "max_over_mean"
    }
  }

  static let parts = [25, 50, 75]

  private(set) var lines: [Line] = []

  /// - Parameter policies: of the engine; the baselines are always there.
  init(_ input: PlacementInput, policies: [PlacementPolicy], seeds: [UInt64]) throws {
    for seed in seeds {
      for policy in policies {
        try Task.checkCancellation()
        let method = EngineMethod(input, policy: policy, settings: PlacementSettings())
        add(PackingRun(input, method, seed: seed), policy.rawValue, seed)
      }
      for measure in ScanMethod.Measure.allCases {
        try Task.checkCancellation()
        add(PackingRun(input, ScanMethod(input, measure), seed: seed), measure.rawValue, seed)
      }
    }
  }

  private mutating func add(_ run: PackingRun, _ method: String, _ seed: UInt64) {
    lines.append(
      Line(
        method: method, seed: seed, placed: run.placed, cpuAtFirst: run.atFirst?.cpu ?? 0,
        memoryAtFirst: run.atFirst?.memory ?? 0, cpuAt50th: run.atLast?.cpu ?? 0,
        memoryAt50th: run.atLast?.memory ?? 0, strandedCPU: run.strandedCPU ?? 0,
        variation: Self.parts.map { run.spreads[$0]?.variation },
        maxOverMean: Self.parts.map { run.spreads[$0]?.maxOverMean }))
  }

  /// A heading, and one line for each way and seed.
  var table: [[String]] {
    func percent(_ share: Double) -> String { BenchResult.text(share * 100) }
    func text(_ values: [Double?]) -> String {
      values.map { $0.map(BenchResult.text) ?? "-" }.joined(separator: " ")
    }
    let heading = [
      "method", "seed", "placed", "CPU % 1st", "mem % 1st", "CPU % 50th", "mem % 50th",
      "stranded %", "CV at 25 50 75 %", "max/mean at 25 50 75 %",
    ]
    return [heading]
      + lines.map { line in
        [
          line.method, "\(line.seed)", "\(line.placed)", percent(line.cpuAtFirst),
          percent(line.memoryAtFirst), percent(line.cpuAt50th), percent(line.memoryAt50th),
          percent(line.strandedCPU), text(line.variation), text(line.maxOverMean),
        ]
      }
  }

  func jsonLines() throws -> [String] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try lines.map { String(decoding: try encoder.encode($0), as: UTF8.self) }
  }

  /// One figure of a way for each seed, in the order of the seeds.
  private func values(_ method: String, _ value: (Line) -> Double?) -> [Double] {
    lines.filter { $0.method == method }.compactMap(value)
  }

  /// What was measured, and whether it is what it ought to be in every seed.
  var results: [BenchResult] {
    var results: [BenchResult] = []
    let names = ["pack", "balance"] + ScanMethod.Measure.allCases.map(\.rawValue)
    for name in names {
      let label = name.replacing("-", with: "_")
      func add(_ figure: String, _ unit: String, _ values: [Double]) {
        guard !values.isEmpty else { return }
        results.append(
          BenchResult(
            group: "placement", name: "place_\(label)_\(figure)", value: values.median, unit: unit,
            n: values.count, peer: names.prefix(2).contains(name) ? nil : name))
      }
      add("cpu_first_pct", "%", values(name) { $0.cpuAtFirst * 100 })
      add("memory_first_pct", "%", values(name) { $0.memoryAtFirst * 100 })
      add("cpu_50th_pct", "%", values(name) { $0.cpuAt50th * 100 })
      add("stranded_cpu_pct", "%", values(name) { $0.strandedCPU * 100 })
      for (place, part) in Self.parts.enumerated() {
        add("cv_\(part)", "1", values(name) { $0.variation[place] })
        add("max_mean_\(part)", "1", values(name) { $0.maxOverMean[place] })
      }
    }
    return results + margins
  }

  private var margins: [BenchResult] {
    func pairs(
      _ one: String, _ other: String, _ value: (Line) -> Double?,
      _ combine: (Double, Double) -> Double
    ) -> [Double] {
      let (left, right) = (values(one, value), values(other, value))
      return left.count == right.count ? zip(left, right).map(combine) : []
    }
    func result(
      _ name: String, _ values: [Double], _ unit: String, worst: ([Double]) -> Double?,
      _ target: BenchTarget
    ) -> BenchResult? {
      worst(values).map {
        BenchResult(
          group: "placement", name: name, value: $0, unit: unit, n: values.count, target: target,
          note: "the worst seed")
      }
    }
    let cpu: (Line) -> Double? = { $0.cpuAtFirst * 100 }
    return [
      result(
        "place_pack_minus_best_fit", pairs("pack", "best-fit", cpu, -), "points",
        worst: { $0.min() }, .atLeast(0)),
      result(
        "place_pack_minus_l2", pairs("pack", "l2-residual", cpu, -), "points",
        worst: { $0.min() }, .atLeast(0)),
      result(
        "place_best_fit_minus_balance", pairs("best-fit", "balance", cpu, -), "points",
        worst: { $0.max() }, .atMost(1.5)),
      result(
        "place_balance_cv_ratio", pairs("balance", "worst-fit", { $0.variation[1] }, /), "1",
        worst: { $0.max() }, .atMost(1.1)),
    ].compactMap { $0 }
  }
}
