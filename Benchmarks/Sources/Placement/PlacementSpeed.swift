// SPDX-License-Identifier: Apache-2.0
import TendonCore
import TendonModel

/// How fast the engine decides, on one thread, with 10,000 hosts and up to 1,000,000 instances.
struct PlacementSpeed {
  static let hostCount = 10_000
  static let instanceCount = 1_000_000
  private static let spreadCount = 300_000
  private static let singleCount = 100_000
  private static let lostHosts = 1000

  /// The hosts of the made cluster, again and again.
  static func makeHosts() throws -> [PlacementHost] {
    let shapes = PlacementInput.made.hosts
    return try (0..<hostCount).map { number in
      var host = shapes[number * 7 % shapes.count]
      host.id = try HostID("host\(number)")
      host.labels = ["zone": "zone\(number % 5)"]
      return host
    }
  }

  static func makeEngine() throws -> PlacementEngine {
    var engine = PlacementEngine()
    for host in try makeHosts() { engine.put(host) }
    return engine
  }

  static func demand(
    _ name: String, cpu: Int64, memoryMiB: Int64, rules: PlacementRules = PlacementRules()
  ) throws -> PlacementDemand {
    var resources = Resources()
    resources.cpu.request = MilliCPU(cpu)
    resources.memory.request = .mebibytes(memoryMiB)
    return PlacementDemand(service: try ServiceName(name), resources: resources, rules: rules)
  }

  /// The shapes of the made mix at a tenth of their size, so that as many as wanted have room.
  static func makeMix() throws -> [PlacementDemand] {
    try PlacementInput.made.instances.enumerated().map { index, instance in
      try demand("mix\(index)", cpu: instance.cpuMilli / 10, memoryMiB: instance.memoryMiB / 10)
    }
  }

  static func run() throws -> [BenchResult] {
    try identical() + spread() + mixed()
  }

  private static func identical() throws -> [BenchResult] {
    var engine = try makeEngine()
    let handle = engine.intern(try demand("same", cpu: 500, memoryMiB: 1024))
    let took = try ContinuousClock().measure {
      for _ in 0..<instanceCount { _ = try engine.place(handle) }
    }
    return [rate("place_identical_per_s", instanceCount, took, .atLeast(1_000_000))]
  }

  private static func spread() throws -> [BenchResult] {
    var engine = try makeEngine()
    var rules = PlacementRules()
    rules.spread = [SpreadRule(label: "zone", isHard: true)]
    rules.antiAffinity = [AffinityRule(.service(try ServiceName("loud")), isHard: true)]
    let loud = engine.intern(try demand("loud", cpu: 500, memoryMiB: 512))
    for _ in 0..<hostCount / 10 { _ = try engine.place(loud) }
    let classes = try (0..<20).map { index in
      engine.intern(
        try demand("spread\(index)", cpu: 250 + Int64(index) * 50, memoryMiB: 1024, rules: rules))
    }
    let took = try ContinuousClock().measure {
      for number in 0..<spreadCount { _ = try engine.place(classes[number % classes.count]) }
    }
    return [rate("place_spread_per_s", spreadCount, took, .atLeast(50_000))]
  }

  private static func mixed() throws -> [BenchResult] {
    var engine = try makeEngine()
    let mix = try makeMix().map { engine.intern($0) }
    var draw = Draw(PlacementInput.made.instances.map(\.count), seed: 1)
    var placed: [(row: Int32, host: HostID)] = []
    placed.reserveCapacity(instanceCount + singleCount)
    func placeOne() throws {
      let row = draw.next()
      placed.append((Int32(row), try engine.place(mix[row])))
    }
    let took = try ContinuousClock().measure {
      for _ in 0..<instanceCount { try placeOne() }
    }
    var results = [rate("place_mixed_per_s", instanceCount, took, .atLeast(200_000))]
    results.append(try replace(&engine, mix, placed))
    var single: [Double] = []
    for _ in 0..<singleCount {
      let took = try ContinuousClock().measure { try placeOne() }
      single.append(took.microseconds)
    }
    single.sort()
    results.append(
      BenchResult(
        group: "placement", name: "place_p99_us", value: single[single.count * 99 / 100],
        unit: "us", n: singleCount, target: .atMost(1000)))
    return results
  }

  /// A tenth of the hosts is lost at once; what was on them is placed elsewhere.
  private static func replace(
    _ engine: inout PlacementEngine, _ mix: [PlacementClass],
    _ placed: [(row: Int32, host: HostID)]
  ) throws -> BenchResult {
    let lost = Set(engine.hostIDs.enumerated().filter { $0.offset % 10 == 3 }.map(\.element))
    let homeless = placed.filter { lost.contains($0.host) }
    let took = try ContinuousClock().measure {
      for id in lost {
        guard var host = engine[id] else { continue }
        host.state = .down
        engine.put(host)
      }
      for instance in homeless {
        _ = try engine.place(mix[Int(instance.row)])
        engine.remove(mix[Int(instance.row)], from: instance.host)
      }
    }
    return BenchResult(
      group: "placement", name: "replace_100k_ms",
      value: took.milliseconds * 100_000 / Double(max(1, homeless.count)),
      unit: "ms", n: homeless.count, target: .atMost(2000), note: "scaled to 100,000")
  }

  static func rate(
    _ name: String, _ count: Int, _ took: Duration, _ target: BenchTarget
  ) -> BenchResult {
    BenchResult(
      group: "placement", name: name,
      value: Double(count) / (took.milliseconds / 1000), unit: "1/s", n: count,
      target: target)
  }
}
