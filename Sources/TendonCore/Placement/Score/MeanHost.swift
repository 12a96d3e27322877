// SPDX-License-Identifier: Apache-2.0

/// The mean host as scores see it: followed in steps, since every step has all scores looked at anew.
struct MeanHost {
  /// How far the load is off before it is followed: a part of a host.
  private static let loadStep = 1.0 / 32
  /// How far the capacity is off before it is followed: a part of what it was.
  private static let sizeStep = 1.0 / 16

  /// The part of it that is reserved.
  private(set) var share = 0.0
  private(set) var cpu = 0.0
  private(set) var memory = 0.0

  /// Follows the load; returns whether that was a step.
  @inline(__always)
  mutating func follow(loadOf load: ClusterLoad) -> Bool {
    guard abs(load.share - share) > Self.loadStep else { return false }
    share = load.share
    return true
  }

  /// Follows the capacity; returns whether that was a step.
  mutating func follow(sizeOf load: ClusterLoad) -> Bool {
    let (nowCPU, nowMemory) = (load.meanCPU, load.meanMemory)
    guard
      abs(nowCPU - cpu) > Self.sizeStep * cpu || abs(nowMemory - memory) > Self.sizeStep * memory
    else { return false }
    (cpu, memory) = (nowCPU, nowMemory)
    return true
  }

  /// The parts of it that an amount is.
  @inline(__always)
  func parts(cpu wantedCPU: Int64, memory wantedMemory: Int64) -> (cpu: Double, memory: Double) {
    (
      cpu > 0 ? Double(wantedCPU) / cpu : 0, memory > 0 ? Double(wantedMemory) / memory : 0
    )
  }
}
