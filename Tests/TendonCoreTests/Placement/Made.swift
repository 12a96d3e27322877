// SPDX-License-Identifier: Apache-2.0

import TendonModel

@testable import TendonCore

/// Hosts and demands for tests of placement.
enum Made {
  static func id(_ name: String) -> HostID { try! HostID(name) }

  static func host(
    _ name: String, cpu: Int64 = 4000, memory: Int64 = 8192, labels: [String: String] = [:]
  ) -> PlacementHost {
    var host = PlacementHost(
      id: id(name), state: .ready,
      capacity: HostCapacity(cpu: MilliCPU(cpu), memory: .mebibytes(memory)), exclusiveCores: 3)
    host.labels = labels
    return host
  }

  static func demand(
    _ service: String = "web", cpu: Int64 = 100, memory: Int64 = 64, ports: [UInt16] = [],
    resources: Resources = Resources(), _ change: (inout PlacementRules) -> Void = { _ in }
  ) -> PlacementDemand {
    var resources = resources
    resources.cpu.request = MilliCPU(cpu)
    resources.memory.request = .mebibytes(memory)
    var rules = PlacementRules()
    change(&rules)
    return PlacementDemand(
      service: try! ServiceName(service), resources: resources, fixedPorts: ports, rules: rules)
  }

  static func near(
    _ service: String, within: String? = nil, isHard: Bool = true, weight: Int = 50
  ) -> AffinityRule {
    AffinityRule(
      .service(try! ServiceName(service)), within: within, isHard: isHard, weight: weight)
  }

  /// A host with random facts, among few values so that they meet.
  static func host(
    _ number: Int, using random: inout SeededGenerator
  ) -> PlacementHost {
    var host = host(
      "host\(number)", cpu: Int64.random(in: 1...8, using: &random) * 500,
      memory: Int64.random(in: 1...8, using: &random) * 512)
    if Int.random(in: 0..<6, using: &random) > 0 {
      host.labels["zone"] = ["a", "b", "c"].randomElement(using: &random)!
    }
    if Bool.random(using: &random) {
      host.labels["disk"] = Bool.random(using: &random) ? "ssd" : "hdd"
    }
    host.exclusiveCores = Bool.random(using: &random) ? Int.random(in: 0...4, using: &random) : nil
    if Int.random(in: 0..<4, using: &random) == 0 {
      host.taints = [
        Taint(key: "gpu", effect: Taint.Effect.allCases.randomElement(using: &random)!)
      ]
    }
    if Int.random(in: 0..<3, using: &random) == 0 {
      host.countables = Countables(["instances": Int64.random(in: 0...6, using: &random), "gpu": 2])
    }
    if Bool.random(using: &random) { host.controllers = ["cpu", "memory"] }
    if Int.random(in: 0..<6, using: &random) == 0 {
      host.holds = [
        PlacementHost.Hold(
          reservation: try! ReservationName("kept"),
          services: [try! ServiceName("s1"), try! ServiceName("s2")],
          amount: .init(cpu: MilliCPU(700), memory: .mebibytes(300)))
      ]
    }
    host.state = [.ready, .ready, .ready, .ready, .suspect, .down].randomElement(using: &random)!
    if Int.random(in: 0..<8, using: &random) == 0 { host.closedBecause = "cordoned" }
    return host
  }

  /// A demand with random rules.
  static func demand(using random: inout SeededGenerator) -> PlacementDemand {
    var resources = Resources()
    func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &random) == 0 }
    if chance(6) { resources.cores = 1 }
    if chance(6) { resources.devices = ["gpu": 1] }
    if chance(5) { resources.pids = .value(100) }
    let services = ["s1", "s2", "s3", "s4"]
    let ports: [UInt16] = chance(6) ? [UInt16.random(in: 80...82, using: &random)] : []
    let name = services.randomElement(using: &random)!
    let cpu = Int64.random(in: 0...10, using: &random) * 100
    let memory = Int64.random(in: 0...10, using: &random) * 64
    var rules = PlacementRules()
    if chance(4) { rules.policy = PlacementPolicy.allCases.randomElement(using: &random)! }
    if chance(5) { rules.constraints = [LabelTerm("disk", .isOne(of: ["ssd"]))] }
    if chance(5) { rules.perHost = Int.random(in: 1...3, using: &random) }
    if chance(3) { rules.tolerations = [Toleration(key: "gpu")] }
    if chance(3) {
      rules.spread = [
        SpreadRule(
          label: "zone", isHard: Bool.random(using: &random),
          shares: chance(3) ? ["a": 2, "b": 1] : [:])
      ]
    }
    func rule() -> AffinityRule {
      if chance(4) {
        return AffinityRule(
          .hosts(LabelTerm("disk", .isOne(of: ["ssd"]))), isHard: Bool.random(using: &random))
      }
      return near(
        services.randomElement(using: &random)!, within: chance(2) ? nil : "zone",
        isHard: chance(3))
    }
    if chance(3) { rules.affinity = [rule()] }
    if chance(3) { rules.antiAffinity = [rule()] }
    var demand = PlacementDemand(
      service: try! ServiceName(name), resources: resources, fixedPorts: ports, rules: rules)
    if resources.cores == nil { demand.cpu = MilliCPU(cpu) }
    demand.memory = .mebibytes(memory)
    return demand
  }
}
