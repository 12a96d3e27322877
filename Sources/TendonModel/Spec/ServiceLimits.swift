// SPDX-License-Identifier: Apache-2.0

/// The most that all instances of one service on one host may use together: limits of the service's own cgroup
/// (`web.slice`), which holds its instances' cgroups.
package struct ServiceLimits: Hashable, Sendable {
  package var cpu: Limit<MilliCPU>
  package var memory: Limit<Bytes>
  package var swap: Limit<Bytes>
  package var pids: Limit<Int>
  /// Without a weight: that is between instances.
  package var io: IOResources

  package init(
    cpu: Limit<MilliCPU> = .max, memory: Limit<Bytes> = .max, swap: Limit<Bytes> = .max,
    pids: Limit<Int> = .max, io: IOResources = IOResources()
  ) {
    self.cpu = cpu
    self.memory = memory
    self.swap = swap
    self.pids = pids
    self.io = io
  }

  package var isEmpty: Bool { self == ServiceLimits() }
}

extension ServiceLimits: Codable {
  enum CodingKeys: String, CodingKey {
    case cpu, memory, swap, pids, io
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    cpu = try values.decodeIfPresent(Limit<MilliCPU>.self, forKey: .cpu) ?? .max
    memory = try values.decodeIfPresent(Limit<Bytes>.self, forKey: .memory) ?? .max
    swap = try values.decodeIfPresent(Limit<Bytes>.self, forKey: .swap) ?? .max
    pids = try values.decodeIfPresent(Limit<Int>.self, forKey: .pids) ?? .max
    io = try values.decodeIfPresent(IOResources.self, forKey: .io) ?? IOResources()
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    if cpu != .max { try values.encode(cpu, forKey: .cpu) }
    if memory != .max { try values.encode(memory, forKey: .memory) }
    if swap != .max { try values.encode(swap, forKey: .swap) }
    if pids != .max { try values.encode(pids, forKey: .pids) }
    if io != IOResources() { try values.encode(io, forKey: .io) }
  }
}
