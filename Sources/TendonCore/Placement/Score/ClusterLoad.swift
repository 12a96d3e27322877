// SPDX-License-Identifier: Apache-2.0

/// What all hosts that take instances have, and what of it is reserved.
struct ClusterLoad {
  private(set) var hosts = 0
  private(set) var cpuCapacity: Int64 = 0
  private(set) var memoryCapacity: Int64 = 0
  private(set) var cpuUsed: Int64 = 0
  private(set) var memoryUsed: Int64 = 0

  /// The part that is reserved, of CPU or of memory, whichever is more.
  private(set) var share = 0.0

  var meanCPU: Double { Double(cpuCapacity) / Double(max(1, hosts)) }

  var meanMemory: Double { Double(memoryCapacity) / Double(max(1, hosts)) }

  @inline(__always)
  mutating func replace(_ before: HostVector, with after: HostVector) {
    add(before, sign: -1)
    add(after, sign: 1)
    share = max(
      cpuCapacity > 0 ? Double(cpuUsed) / Double(cpuCapacity) : 0,
      memoryCapacity > 0 ? Double(memoryUsed) / Double(memoryCapacity) : 0)
  }

  @inline(__always)
  private mutating func add(_ host: HostVector, sign: Int64) {
    guard host.closed.isEmpty else { return }
    hosts += Int(sign)
    cpuCapacity += sign * host.cpuCapacity
    memoryCapacity += sign * host.memoryCapacity
    cpuUsed += sign * host.cpuUsed
    memoryUsed += sign * host.memoryUsed
  }
}
