// SPDX-License-Identifier: Apache-2.0

/// What one instance asks of a host: requests are reserved, limits are enforced by the kernel.
package struct Resources: Hashable, Sendable, Codable {
  package var cpu: CPUResources
  package var memory: MemoryResources
  package var io: IOResources
  /// The most processes and threads at one time (`pids.max`).
  package var pids: Limit<Int>

  package init(
    cpu: CPUResources = CPUResources(), memory: MemoryResources = MemoryResources(),
    io: IOResources = IOResources(), pids: Limit<Int> = .max
  ) {
    self.cpu = cpu
    self.memory = memory
    self.io = io
    self.pids = pids
  }
}

/// CPU: the request becomes `cpu.weight` and is what placement counts; the limit becomes `cpu.max`.
package struct CPUResources: Hashable, Sendable, Codable {
  package static let defaultRequest = MilliCPU(100)

  package var request: MilliCPU
  package var limit: Limit<MilliCPU>

  package init(request: MilliCPU = defaultRequest, limit: Limit<MilliCPU> = .max) {
    self.request = request
    self.limit = limit
  }
}

/// Memory: the request becomes `memory.low` and is what placement counts; the limit becomes
/// `memory.high` and `memory.max`.
package struct MemoryResources: Hashable, Sendable, Codable {
  package static let defaultRequest = Bytes.mebibytes(64)

  package var request: Bytes
  package var limit: Limit<Bytes>

  package init(request: Bytes = defaultRequest, limit: Limit<Bytes> = .max) {
    self.request = request
    self.limit = limit
  }
}

/// Block IO: rates for the device behind the host's instance storage (`io.max`), and a relative
/// weight where the kernel can honour one (`io.weight`).
package struct IOResources: Hashable, Sendable, Codable {
  package var read: Limit<ByteRate>
  package var write: Limit<ByteRate>
  /// 1 to 10,000; nil leaves the kernel's default of 100.
  package var weight: Int?

  package init(
    read: Limit<ByteRate> = .max, write: Limit<ByteRate> = .max, weight: Int? = nil
  ) {
    self.read = read
    self.write = write
    self.weight = weight
  }
}

/// A change of some of an instance's resources; nil leaves what is there.
package struct ResourcesChange: Hashable, Sendable, Codable {
  package var cpuRequest: MilliCPU?
  package var cpuLimit: Limit<MilliCPU>?
  package var memoryRequest: Bytes?
  package var memoryLimit: Limit<Bytes>?
  package var ioRead: Limit<ByteRate>?
  package var ioWrite: Limit<ByteRate>?
  package var ioWeight: Int?
  package var pids: Limit<Int>?

  enum CodingKeys: String, CodingKey {
    case cpuRequest = "cpu_request"
    case cpuLimit = "cpu_limit"
    case memoryRequest = "memory_request"
    case memoryLimit = "memory_limit"
    case ioRead = "io_read"
    case ioWrite = "io_write"
    case ioWeight = "io_weight"
    case pids
  }

  package init() {}

  package var isEmpty: Bool { self == ResourcesChange() }

  /// `resources` with this change made.
  package func applied(to resources: Resources) -> Resources {
    var result = resources
    result.cpu.request = cpuRequest ?? result.cpu.request
    result.cpu.limit = cpuLimit ?? result.cpu.limit
    result.memory.request = memoryRequest ?? result.memory.request
    result.memory.limit = memoryLimit ?? result.memory.limit
    result.io.read = ioRead ?? result.io.read
    result.io.write = ioWrite ?? result.io.write
    result.io.weight = ioWeight ?? result.io.weight
    result.pids = pids ?? result.pids
    return result
  }
}
