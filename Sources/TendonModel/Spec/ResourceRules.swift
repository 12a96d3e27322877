// SPDX-License-Identifier: Apache-2.0

/// One thing that is wrong with a set of resources.
package struct ResourceFault: Error, Hashable, Sendable, CustomStringConvertible {
  /// The key below `resources`, such as `["cpu", "limit"]`.
  package let path: [String]
  package let message: String

  package init(path: [String], message: String) {
    self.path = path
    self.message = message
  }

  package var description: String { "resources.\(path.joined(separator: ".")): \(message)" }
}

extension Resources {
  /// The kernel's smallest `cpu.max` quota is 1,000 us; at Tendon's period of 100,000 us that is 10m.
  package static let smallestCPULimit = MilliCPU(10)
  /// Below this a program cannot even be loaded without being killed at once.
  package static let smallestMemoryLimit = Bytes.mebibytes(1)
  package static let largestCPU = MilliCPU(1_000_000_000)
  package static let largestMemory = Bytes(1 << 50)
  package static let largestPids = 4_194_304

  /// Everything that makes these resources impossible, whoever asks; empty when they are fine.
  package var faults: [ResourceFault] {
    var faults: [ResourceFault] = []
    func check(_ bad: Bool, _ path: String..., says message: String) {
      if bad { faults.append(ResourceFault(path: path, message: message)) }
    }
    check(
      cpu.request < .zero || cpu.request > Self.largestCPU, "cpu", "request",
      says: "\(cpu.request) is outside 0 to \(Self.largestCPU)")
    if let limit = cpu.limit.value {
      check(
        limit < Self.smallestCPULimit || limit > Self.largestCPU, "cpu", "limit",
        says: "\(limit) is outside \(Self.smallestCPULimit) to \(Self.largestCPU)")
      check(
        cpu.request > limit, "cpu", "request", says: "\(cpu.request) is over the limit of \(limit)")
    }
    check(
      memory.request < .zero || memory.request > Self.largestMemory, "memory", "request",
      says: "\(memory.request) is outside 0 to \(Self.largestMemory)")
    if let limit = memory.limit.value {
      check(
        limit < Self.smallestMemoryLimit || limit > Self.largestMemory, "memory", "limit",
        says: "\(limit) is outside \(Self.smallestMemoryLimit) to \(Self.largestMemory)")
      check(
        memory.request > limit, "memory", "request",
        says: "\(memory.request) is over the limit of \(limit)")
    }
    for (name, rate) in [("read", io.read), ("write", io.write)] {
      check(
        rate.value.map { $0.rawValue < 1 } ?? false, "io", name,
        says: "must be at least 1B/s, or max")
    }
    check(
      io.weight.map { !(1...10_000).contains($0) } ?? false, "io", "weight",
      says: "\(io.weight ?? 0) is outside 1 to 10000")
    check(
      pids.value.map { !(1...Self.largestPids).contains($0) } ?? false, "pids",
      says: "\(pids) is outside 1 to \(Self.largestPids)")
    return faults
  }
}
