// SPDX-License-Identifier: Apache-2.0

/// A change of some of an instance's resources; nil leaves what is there.
package struct ResourcesChange: Hashable, Sendable, Codable {
  package var cpuRequest: MilliCPU?
  package var cpuLimit: Limit<MilliCPU>?
  package var cpuBurst: MilliCPU?
  /// 0 gives the exclusive cores back.
  package var cores: Int?
  package var memoryRequest: Bytes?
  package var memoryLimit: Limit<Bytes>?
  package var memoryGuaranteed: Bool?
  package var swap: Limit<Bytes>?
  package var ioRead: Limit<ByteRate>?
  package var ioWrite: Limit<ByteRate>?
  package var ioReadOps: Limit<Int>?
  package var ioWriteOps: Limit<Int>?
  /// Replaces the entries of the devices that are named; one without any limit is taken out.
  package var ioDevices: [String: IORates]?
  package var ioWeight: Int?
  package var pids: Limit<Int>?
  package var disk: Limit<Bytes>?
  /// Replaces the limits of the page sizes that are named.
  package var hugepages: HugePages?
  package var serviceCPU: Limit<MilliCPU>?
  package var serviceMemory: Limit<Bytes>?
  package var serviceSwap: Limit<Bytes>?
  package var servicePids: Limit<Int>?
  package var serviceIO: IOChange?

  enum CodingKeys: String, CodingKey {
    case cores, swap, pids, disk, hugepages
    case cpuRequest = "cpu_request"
    case cpuLimit = "cpu_limit"
    case cpuBurst = "cpu_burst"
    case memoryRequest = "memory_request"
    case memoryLimit = "memory_limit"
    case memoryGuaranteed = "memory_guaranteed"
    case ioRead = "io_read"
    case ioWrite = "io_write"
    case ioReadOps = "io_read_iops"
    case ioWriteOps = "io_write_iops"
    case ioDevices = "io_devices"
    case ioWeight = "io_weight"
    case serviceCPU = "service_cpu"
    case serviceMemory = "service_memory"
    case serviceSwap = "service_swap"
    case servicePids = "service_pids"
    case serviceIO = "service_io"
  }

  package init() {}

  package var isEmpty: Bool { self == ResourcesChange() }

  /// Whether it concerns the service's own cgroup, which single instances have no say in.
  package var concernsService: Bool {
    serviceCPU != nil || serviceMemory != nil || serviceSwap != nil || servicePids != nil
      || serviceIO != nil
  }

  /// `resources` with this change made.
  package func applied(to resources: Resources) -> Resources {
    var result = resources
    result.cpu.request = cpuRequest ?? result.cpu.request
    result.cpu.limit = cpuLimit ?? result.cpu.limit
    result.cpu.burst = cpuBurst ?? result.cpu.burst
    if let cores { result.cores = cores == 0 ? nil : cores }
    result.memory.request = memoryRequest ?? result.memory.request
    result.memory.limit = memoryLimit ?? result.memory.limit
    result.memory.isGuaranteed = memoryGuaranteed ?? result.memory.isGuaranteed
    result.memory.swap = swap ?? result.memory.swap
    result.io = applied(to: result.io)
    result.pids = pids ?? result.pids
    result.disk = disk ?? result.disk
    if let hugepages {
      result.hugepages.limits.merge(hugepages.limits) { _, new in new }
    }
    result.serviceLimits.cpu = serviceCPU ?? result.serviceLimits.cpu
    result.serviceLimits.memory = serviceMemory ?? result.serviceLimits.memory
    result.serviceLimits.swap = serviceSwap ?? result.serviceLimits.swap
    result.serviceLimits.pids = servicePids ?? result.serviceLimits.pids
    if let serviceIO { result.serviceLimits.io = serviceIO.applied(to: result.serviceLimits.io) }
    return result
  }

  private func applied(to io: IOResources) -> IOResources {
    var change = IOChange()
    (change.read, change.write) = (ioRead, ioWrite)
    (change.readOps, change.writeOps) = (ioReadOps, ioWriteOps)
    change.devices = ioDevices
    var result = change.applied(to: io)
    result.weight = ioWeight ?? result.weight
    return result
  }
}

/// A change of some rates; nil leaves what is there.
package struct IOChange: Hashable, Sendable, Codable {
  package var read: Limit<ByteRate>?
  package var write: Limit<ByteRate>?
  package var readOps: Limit<Int>?
  package var writeOps: Limit<Int>?
  /// Replaces the entries of the devices that are named; one without any limit is taken out.
  package var devices: [String: IORates]?

  enum CodingKeys: String, CodingKey {
    case read, write, devices
    case readOps = "read_iops"
    case writeOps = "write_iops"
  }

  package init() {}

  package var isEmpty: Bool { self == IOChange() }

  package func applied(to io: IOResources) -> IOResources {
    var result = io
    result.read = read ?? result.read
    result.write = write ?? result.write
    result.readOps = readOps ?? result.readOps
    result.writeOps = writeOps ?? result.writeOps
    for (device, rates) in devices ?? [:] {
      result.devices[device] = rates.isUnlimited ? nil : rates
    }
    return result
  }
}
