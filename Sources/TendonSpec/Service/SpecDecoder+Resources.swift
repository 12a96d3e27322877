// SPDX-License-Identifier: Apache-2.0

import TendonModel

extension SpecDecoder {
  func resources() -> Resources {
    return Resources(
      cpu: cpu(), cores: integer("resources", "cores"), memory: memory(), io: io("resources", "io"),
      pids: count("resources", "pids"), disk: limit("resources", "disk"), hugepages: hugepages(),
      devices: devices(),
      serviceLimits: ServiceLimits(
        cpu: limit("resources", "service_limits", "cpu"),
        memory: limit("resources", "service_limits", "memory"),
        swap: limit("resources", "service_limits", "swap"),
        pids: count("resources", "service_limits", "pids"),
        io: io("resources", "service_limits", "io")))
  }

  private func cpu() -> CPUResources {
    let limit: Limit<MilliCPU> = limit("resources", "cpu", "limit")
    return CPUResources(
      request: quantity("resources", "cpu", "request")
        ?? min(CPUResources.defaultRequest, limit.value ?? CPUResources.defaultRequest),
      limit: limit, burst: quantity("resources", "cpu", "burst") ?? .zero)
  }

  private func memory() -> MemoryResources {
    let limit: Limit<Bytes> = limit("resources", "memory", "limit")
    return MemoryResources(
      request: quantity("resources", "memory", "request")
        ?? min(MemoryResources.defaultRequest, limit.value ?? MemoryResources.defaultRequest),
      limit: limit, isGuaranteed: text("resources", "memory", "guaranteed") == "true",
      swap: self.limit("resources", "memory", "swap"))
  }

  private func io(_ path: String...) -> IOResources {
    let rates = rates(path)
    var devices: [String: IORates] = [:]
    // What is no device was reported with the shape's faults.
    for key in keys(path + ["devices"]) where TextRules.device.fault(key) == nil {
      devices[key] = self.rates(path + ["devices", key])
    }
    return IOResources(
      read: rates.read, write: rates.write, readOps: rates.readOps, writeOps: rates.writeOps,
      devices: devices,
      weight: node(SpecPath(path + ["weight"]))?.text.flatMap { Int($0) })
  }

  private func rates(_ path: [String]) -> IORates {
    IORates(
      read: rate(path + ["read"]), write: rate(path + ["write"]),
      readOps: count(path + ["read_iops"]), writeOps: count(path + ["write_iops"]))
  }

  private func rate(_ path: [String]) -> Limit<ByteRate> {
    // A text that is no rate was reported with the shape's faults.
    node(SpecPath(path))?.text.flatMap { try? Limit<ByteRate>($0) } ?? .max
  }

  private func count(_ path: String...) -> Limit<Int> { count(path) }

  /// A whole number; `max` and what was reported are no limit.
  private func count(_ path: [String]) -> Limit<Int> {
    node(SpecPath(path))?.text.flatMap { Int($0) }.map(Limit.value) ?? .max
  }

  private func hugepages() -> HugePages {
    var limits: [Bytes: Bytes] = [:]
    for key in keys(["resources", "hugepages"]) {
      // As above.
      guard let size = try? Bytes(key) else { continue }
      limits[size] = quantity("resources", "hugepages", key)
    }
    return HugePages(limits)
  }

  private func devices() -> [String: Int] {
    var devices: [String: Int] = [:]
    for key in keys(["resources", "devices"]) {
      devices[key] = integer("resources", "devices", key)
    }
    return devices
  }

  /// The keys of a mapping, in the order of the text.
  private func keys(_ path: [String]) -> [String] {
    guard case .mapping(let entries) = node(SpecPath(path))?.content else { return [] }
    return entries.compactMap(\.key.text)
  }
}
