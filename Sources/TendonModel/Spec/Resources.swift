// SPDX-License-Identifier: Apache-2.0

/// What one instance asks of a host: requests are reserved, limits are enforced by the kernel.
///
/// A key that is absent means its default, so that what an older version stored can be read.
package struct Resources: Hashable, Sendable {
  package var cpu: CPUResources
  /// Whole cores that no other instance runs on (`cpuset.cpus`); nil shares the rest with the others.
  package var cores: Int?
  package var memory: MemoryResources
  package var io: IOResources
  /// The most processes and threads at one time (`pids.max`).
  package var pids: Limit<Int>
  /// The most that the instance's own directory may hold (project quota).
  package var disk: Limit<Bytes>
  /// Huge pages that may be in use, by the size of a page (`hugetlb.SIZE.max`).
  package var hugepages: HugePages
  /// How many of a kind of device, by the names that hosts give them. Placement counts them; which one an instance
  /// uses is left to it.
  package var devices: [String: Int]
  /// Caps on all instances of the service that are on one host, taken together.
  package var serviceLimits: ServiceLimits

  package init(
    cpu: CPUResources = CPUResources(), cores: Int? = nil,
    memory: MemoryResources = MemoryResources(), io: IOResources = IOResources(),
    pids: Limit<Int> = .max, disk: Limit<Bytes> = .max, hugepages: HugePages = HugePages(),
    devices: [String: Int] = [:], serviceLimits: ServiceLimits = ServiceLimits()
  ) {
    self.cpu = cpu
    self.cores = cores
    self.memory = memory
    self.io = io
    self.pids = pids
    self.disk = disk
    self.hugepages = hugepages
    self.devices = devices
    self.serviceLimits = serviceLimits
  }

  /// What placement counts of a host's CPU: exclusive cores as a whole, else the request.
  package var reservedCPU: MilliCPU { cores.map { MilliCPU(Int64($0) * 1000) } ?? cpu.request }
}

extension Resources: Codable {
  enum CodingKeys: String, CodingKey {
    case cpu, cores, memory, io, pids, disk, hugepages, devices
    case serviceLimits = "service_limits"
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    cpu = try values.decodeIfPresent(CPUResources.self, forKey: .cpu) ?? CPUResources()
    cores = try values.decodeIfPresent(Int.self, forKey: .cores)
    memory = try values.decodeIfPresent(MemoryResources.self, forKey: .memory) ?? MemoryResources()
    io = try values.decodeIfPresent(IOResources.self, forKey: .io) ?? IOResources()
    pids = try values.decodeIfPresent(Limit<Int>.self, forKey: .pids) ?? .max
    disk = try values.decodeIfPresent(Limit<Bytes>.self, forKey: .disk) ?? .max
    hugepages = try values.decodeIfPresent(HugePages.self, forKey: .hugepages) ?? HugePages()
    devices = try values.decodeIfPresent([String: Int].self, forKey: .devices) ?? [:]
    serviceLimits =
      try values.decodeIfPresent(ServiceLimits.self, forKey: .serviceLimits) ?? ServiceLimits()
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(cpu, forKey: .cpu)
    try values.encodeIfPresent(cores, forKey: .cores)
    try values.encode(memory, forKey: .memory)
    try values.encode(io, forKey: .io)
    try values.encode(pids, forKey: .pids)
    if disk != .max { try values.encode(disk, forKey: .disk) }
    if !hugepages.isEmpty { try values.encode(hugepages, forKey: .hugepages) }
    if !devices.isEmpty { try values.encode(devices, forKey: .devices) }
    if !serviceLimits.isEmpty { try values.encode(serviceLimits, forKey: .serviceLimits) }
  }
}
