// SPDX-License-Identifier: Apache-2.0

/// What can be placed on a host: its size less what is kept for the system.
package struct HostCapacity: Hashable, Sendable, Codable {
  package var cpu: MilliCPU
  package var memory: Bytes

  package init(cpu: MilliCPU, memory: Bytes) {
    self.cpu = cpu
    self.memory = memory
  }
}

/// What an agent tells of its host when it opens a session.
package struct HostFacts: Hashable, Sendable, Codable {
  package var capacity: HostCapacity
  package var labels: [String: String]
  /// Where others reach the instances of this host: an address or a name.
  package var address: String
  /// The running kernel's release.
  package var kernel: String
  /// The cgroup v2 controllers the agent can use: `cpu`, `memory`, `io`, `pids`, `cpuset`, `hugetlb`.
  package var controllers: [String]
  /// The agent's version.
  package var version: String
  /// How many cores can be given to instances exclusively; nil where the kernel has no cpuset.
  package var exclusiveCores: Int?
  /// What else it has to give out; nil from an agent that does not say.
  package var countables: Countables?

  package init(
    capacity: HostCapacity, labels: [String: String], address: String, kernel: String,
    controllers: [String], version: String, exclusiveCores: Int? = nil,
    countables: Countables? = nil
  ) {
    self.capacity = capacity
    self.labels = labels
    self.address = address
    self.kernel = kernel
    self.controllers = controllers
    self.version = version
    self.exclusiveCores = exclusiveCores
    self.countables = countables
  }
}

/// One life of an agent on one boot of its host.
package struct Incarnation: Hashable, Sendable, Codable {
  /// The 16 bytes of `/proc/sys/kernel/random/boot_id`, as two halves in network order.
  package var bootHigh: UInt64
  package var bootLow: UInt64
  /// When the agent started, in nanoseconds of the boot-time clock.
  package var agentStartedAt: UInt64

  enum CodingKeys: String, CodingKey {
    case bootHigh = "boot_high"
    case bootLow = "boot_low"
    case agentStartedAt = "agent_started_at"
  }

  package init(bootHigh: UInt64, bootLow: UInt64, agentStartedAt: UInt64) {
    self.bootHigh = bootHigh
    self.bootLow = bootLow
    self.agentStartedAt = agentStartedAt
  }

  package func isSameBoot(as other: Incarnation) -> Bool {
    bootHigh == other.bootHigh && bootLow == other.bootLow
  }

  /// As `/proc/sys/kernel/random/boot_id` writes it.
  package var bootID: String {
    func hex(_ value: UInt64) -> String {
      let digits = String(value, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }
    let digits = Array(hex(bootHigh) + hex(bootLow))
    return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }
      .joined(separator: "-")
  }
}

/// What the coordinator holds a host to be.
package enum HostState: String, Hashable, Sendable, Codable, CaseIterable {
  /// Heard lately; takes instances.
  case ready
  /// Late; takes no new instances, keeps its own.
  case suspect
  /// Given up; its instances are placed elsewhere.
  case down
}

/// Use of a host, as its last heartbeat told.
package struct HostUsage: Hashable, Sendable, Codable {
  /// CPU in use over the last beat, in thousandths of one CPU.
  package var cpuMilli: UInt32
  package var memoryUsedBytes: UInt64
  /// "some" CPU pressure over ten seconds in hundredths of a percent (PSI); nil where the kernel has none.
  package var cpuPressure: UInt16?
  package var memoryPressure: UInt16?
  package var ioPressure: UInt16?

  enum CodingKeys: String, CodingKey {
    case cpuMilli = "cpu_milli"
    case memoryUsedBytes = "memory_used_bytes"
    case cpuPressure = "cpu_pressure"
    case memoryPressure = "memory_pressure"
    case ioPressure = "io_pressure"
  }

  package init(
    cpuMilli: UInt32, memoryUsedBytes: UInt64, cpuPressure: UInt16? = nil,
    memoryPressure: UInt16? = nil, ioPressure: UInt16? = nil
  ) {
    self.cpuMilli = cpuMilli
    self.memoryUsedBytes = memoryUsedBytes
    self.cpuPressure = cpuPressure
    self.memoryPressure = memoryPressure
    self.ioPressure = ioPressure
  }
}

/// Health of one placement, as a heartbeat carries it.
package struct InstanceHealth: Hashable, Sendable {
  package var epoch: Epoch
  package var phase: PlacementPhase
  /// Whether it runs and can serve.
  package var isReady: Bool
  package var restarts: UInt16
  /// CPU in use over the last reading, in thousandths of one CPU.
  package var cpuMilli: UInt32
  package var memoryBytes: UInt64

  /// Without a word about it, one that runs is ready.
  package init(
    epoch: Epoch, phase: PlacementPhase, isReady: Bool? = nil, restarts: UInt16, cpuMilli: UInt32,
    memoryBytes: UInt64
  ) {
    self.epoch = epoch
    self.phase = phase
    self.isReady = isReady ?? (phase == .running)
    self.restarts = restarts
    self.cpuMilli = cpuMilli
    self.memoryBytes = memoryBytes
  }
}
