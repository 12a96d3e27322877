// SPDX-License-Identifier: Apache-2.0

/// CPU and memory that instances ask for, and how many more of them hosts can take.
struct RoomShape: Hashable {
  /// What one of its own counts among those placed. Whole numbers come out the same in any order.
  static let one = 256.0

  let cpu: Int64
  let memory: Int64
  /// The parts of a mean host's CPU and memory that it is, together.
  let size: Double
  private let cpuUnit: Double
  private let memoryUnit: Double

  /// How many more all hosts can take.
  var places = 0
  /// How many are placed, in 256ths; larger ones count the root of how many times as large they are.
  var placed = 0
  /// Whether places are so few that they are kept.
  var isScarce = false

  init(cpu: Int64, memory: Int64, size: Double) {
    self.cpu = cpu
    self.memory = memory
    self.size = size
    cpuUnit = cpu > 0 ? 1 / Double(cpu) : 0
    memoryUnit = memory > 0 ? 1 / Double(memory) : 0
  }

  /// How many more a host can take.
  @inline(__always)
  func places(_ left: HostRoom) -> Int {
    // Quotients of whole numbers: what is whole must not be rounded down.
    let slack = 1e-9
    var places = Double(Int32.max)
    if cpu > 0 { places = left.cpu * cpuUnit }
    if memory > 0 { places = min(places, left.memory * memoryUnit) }
    return places > 0 ? Int(places + slack) : 0
  }

  /// How many places a host loses with an instance.
  @inline(__always)
  func lost(_ wanted: ClassNumbers, _ left: HostRoom) -> Int {
    guard wanted.cpu < cpu || wanted.memory < memory else { return 0 }
    let before = places(left)
    return before == 0 ? 0 : before - places(left.without(wanted))
  }

  /// What an instance counts among those placed: 0 where it is smaller.
  func weight(ofCPU otherCPU: Int64, memory otherMemory: Int64, size otherSize: Double) -> Int {
    guard otherSize >= size else { return 0 }
    let times = max(Double(otherCPU) * cpuUnit, Double(otherMemory) * memoryUnit)
    return Int(max(1, times).squareRoot() * Self.one)
  }
}
