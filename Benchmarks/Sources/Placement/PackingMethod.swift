// SPDX-License-Identifier: Apache-2.0
import TendonCore
import TendonModel

/// A way to choose hosts, one instance after the other.
protocol PackingMethod {
  /// Places one of a row of the mix, and returns the index of its host; nil where no host takes it.
  mutating func place(_ row: Int) -> Int?
}

/// The engine with a policy.
struct EngineMethod: PackingMethod {
  private var engine: PlacementEngine
  private let classes: [PlacementClass]
  private let indices: [HostID: Int]

  init(_ input: PlacementInput, policy: PlacementPolicy, settings: PlacementSettings) {
    var settings = settings
    settings.policy = policy
    var engine = PlacementEngine(settings: settings)
    for host in input.hosts { engine.put(host) }
    classes = input.instances.indices.map { engine.intern(input.demand($0)) }
    indices = Dictionary(
      uniqueKeysWithValues: input.hosts.enumerated().map { ($0.element.id, $0.offset) })
    self.engine = engine
  }

  mutating func place(_ row: Int) -> Int? {
    // No host is an answer here.
    (try? engine.place(classes[row])).flatMap { indices[$0] }
  }
}

/// The baselines: each looks at every host that fits and takes the one whose measure is the smallest, the first of
/// several.
struct ScanMethod: PackingMethod {
  enum Measure: String, CaseIterable {
    /// The host that is left with the smallest part of its capacity: the sum of the free parts of CPU and memory.
    case bestFit = "best-fit"
    /// The host whose free parts, as a vector, are the shortest afterwards (Panigrahy et al., "Heuristics for Vector Bin
    /// Packing", 2011, call the norm of the residual L2).
    case l2Residual = "l2-residual"
    /// The host that is the least loaded afterwards: pure spreading.
    case worstFit = "worst-fit"
  }

  private let measure: Measure
  private let instances: [PlacementInput.Instance]
  private let cpu: [Double]
  private let memory: [Double]
  private var freeCPU: [Double]
  private var freeMemory: [Double]

  init(_ input: PlacementInput, _ measure: Measure) {
    self.measure = measure
    instances = input.instances
    cpu = input.hosts.map { Double($0.capacity.cpu.rawValue) }
    memory = input.hosts.map { Double($0.capacity.memory.rawValue >> 20) }
    freeCPU = cpu
    freeMemory = memory
  }

  mutating func place(_ row: Int) -> Int? {
    let wanted = (cpu: Double(instances[row].cpuMilli), memory: Double(instances[row].memoryMiB))
    var best: (value: Double, host: Int)?
    for host in cpu.indices where freeCPU[host] >= wanted.cpu && freeMemory[host] >= wanted.memory {
      let restCPU = cpu[host] > 0 ? (freeCPU[host] - wanted.cpu) / cpu[host] : 0
      let restMemory = memory[host] > 0 ? (freeMemory[host] - wanted.memory) / memory[host] : 0
      let value =
        switch measure {
        case .bestFit: restCPU + restMemory
        case .l2Residual: restCPU * restCPU + restMemory * restMemory
        case .worstFit: -min(restCPU, restMemory)
        }
      if best.map({ value < $0.value }) ?? true { best = (value, host) }
    }
    guard let best else { return nil }
    freeCPU[best.host] -= wanted.cpu
    freeMemory[best.host] -= wanted.memory
    return best.host
  }
}
