// SPDX-License-Identifier: Apache-2.0

/// What a host has left for instances: nothing when it is closed.
struct HostRoom {
  var cpu: Double
  var memory: Double

  @inline(__always)
  init(_ host: HostVector) {
    let isOpen = host.closed.isEmpty
    cpu = isOpen ? Double(host.cpuCapacity - host.cpuUsed) : -1
    memory = isOpen ? Double(host.memoryCapacity - host.memoryUsed) : -1
  }

  @inline(__always)
  func without(_ wanted: ClassNumbers) -> Self {
    var left = self
    left.cpu -= Double(wanted.cpu)
    left.memory -= Double(wanted.memory)
    return left
  }
}
