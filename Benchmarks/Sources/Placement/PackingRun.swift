// SPDX-License-Identifier: Apache-2.0
import TendonCore
import TendonModel

/// Instances drawn at random from a mix, with replacement, and placed until the fiftieth finds no host.
struct PackingRun {
  static let rejections = 50

  /// The parts of all CPU and memory that were given at some moment.
  struct Filled: Codable {
    var cpu: Double
    var memory: Double
  }

  /// How alike hosts are loaded when a part of the CPU or of the memory is given, whichever is more.
  struct Spread: Codable {
    /// Of the hosts' dominant shares: their coefficient of variation, and the largest over the mean.
    var variation: Double
    var maxOverMean: Double
  }

  private(set) var atFirst: Filled?
  private(set) var atLast: Filled?
  /// By the part that is given, in percent; a part that was not reached is not there.
  private(set) var spreads: [Int: Spread] = [:]
  /// CPU, as a part of all, that is free at the first rejection on hosts without memory for the smallest instance.
  private(set) var strandedCPU: Double?
  private(set) var placed = 0

  private let input: PlacementInput
  private var usedCPU: [Int64]
  private var usedMemory: [Int64]
  private var sumCPU: Int64 = 0
  private var sumMemory: Int64 = 0
  private let allCPU: Int64
  private let allMemory: Int64

  init(_ input: PlacementInput, _ method: some PackingMethod, seed: UInt64) {
    self.input = input
    usedCPU = Array(repeating: 0, count: input.hosts.count)
    usedMemory = usedCPU
    allCPU = max(1, input.hosts.reduce(0) { $0 + $1.capacity.cpu.rawValue })
    allMemory = max(1, input.hosts.reduce(0) { $0 + $1.capacity.memory.rawValue >> 20 })
    run(method, seed)
  }

  private mutating func run(_ method: some PackingMethod, _ seed: UInt64) {
    var method = method
    var draw = Draw(input.instances.map(\.count), seed: seed)
    var rejected = 0
    // What takes nothing would be placed for ever.
    let mostPlaced = 50_000_000
    while rejected < Self.rejections, placed < mostPlaced {
      let row = draw.next()
      guard let host = method.place(row) else {
        rejected += 1
        atLast = filled
        if rejected == 1 {
          atFirst = filled
          strandedCPU = stranded
        }
        continue
      }
      placed += 1
      usedCPU[host] += input.instances[row].cpuMilli
      usedMemory[host] += input.instances[row].memoryMiB
      sumCPU += input.instances[row].cpuMilli
      sumMemory += input.instances[row].memoryMiB
      for part in [25, 50, 75] where spreads[part] == nil {
        if max(filled.cpu, filled.memory) * 100 >= Double(part) { spreads[part] = spread }
      }
    }
  }

  private var filled: Filled {
    Filled(cpu: Double(sumCPU) / Double(allCPU), memory: Double(sumMemory) / Double(allMemory))
  }

  private var spread: Spread {
    let shares = input.hosts.indices.map { host in
      let capacity = input.hosts[host].capacity
      return max(
        Double(usedCPU[host]) / Double(max(1, capacity.cpu.rawValue)),
        Double(usedMemory[host]) / Double(max(1, capacity.memory.rawValue >> 20)))
    }
    let mean = shares.reduce(0, +) / Double(shares.count)
    let variance = shares.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(shares.count)
    return Spread(
      variation: variance.squareRoot() / mean, maxOverMean: (shares.max() ?? 0) / mean)
  }

  private var stranded: Double {
    let least = input.instances.map(\.memoryMiB).min() ?? 0
    let free = input.hosts.indices.reduce(Int64(0)) { sum, host in
      let capacity = input.hosts[host].capacity
      let hasRoom = (capacity.memory.rawValue >> 20) - usedMemory[host] >= least
      return hasRoom ? sum : sum + capacity.cpu.rawValue - usedCPU[host]
    }
    return Double(free) / Double(allCPU)
  }
}

/// Rows of a mix at random, each as often as its count says (SplitMix64; Steele, Lea, Flood, OOPSLA 2014).
struct Draw {
  private var state: UInt64
  /// The sums of the counts up to each row.
  private let sums: [Int]

  init(_ counts: [Int], seed: UInt64) {
    state = seed
    var sum = 0
    sums = counts.map { count in
      sum += count
      return sum
    }
    precondition(sum > 0, "nothing can be drawn")
  }

  mutating func next() -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    mixed ^= mixed >> 31
    let drawn = Int(mixed % UInt64(sums[sums.count - 1]))
    var low = 0
    var high = sums.count - 1
    while low < high {
      let middle = (low + high) / 2
      if sums[middle] <= drawn { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
