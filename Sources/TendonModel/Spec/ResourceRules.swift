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
  /// The kernel's own bound on CPUs (NR_CPUS of the largest configuration).
  package static let largestCores = 8192
  package static let largestDevices = 1_000_000
  package static let largestOps = 1_000_000_000
  /// One block of the usual file systems; a directory alone takes that.
  package static let smallestDisk = Bytes(4096)

  /// Everything that makes these resources impossible, whoever asks; empty when they are fine.
  package var faults: [ResourceFault] {
    var rules = Rules()
    check(cpu, by: &rules)
    check(memory, by: &rules)
    check(io, by: &rules)
    rules.check(pids, "pids", in: 1...Self.largestPids)
    if let limit = disk.value {
      rules.check(
        limit < Self.smallestDisk || limit > Self.largestMemory, "disk",
        says: "\(limit) is outside \(Self.smallestDisk) to \(Self.largestMemory)")
    }
    for (size, limit) in hugepages.sorted {
      rules.check(
        size < Self.smallestDisk || size.rawValue & (size.rawValue - 1) != 0, "hugepages",
        size.description, says: "\(size) is no size of a huge page, such as 2Mi or 1Gi")
      rules.check(
        limit < .zero || limit > Self.largestMemory, "hugepages", size.description,
        says: "\(limit) is outside 0 to \(Self.largestMemory)")
    }
    for (name, count) in devices.sorted(by: { $0.key < $1.key }) {
      rules.check(
        !Countables.isName(name) || !Countables.isDevice(name), "devices", name,
        says: "is no name of a device, such as gpu")
      rules.check(
        !(1...Self.largestDevices).contains(count), "devices", name,
        says: "\(count) is outside 1 to \(Self.largestDevices)")
    }
    check(serviceLimits, by: &rules)
    return rules.faults
  }

  private func check(_ cpu: CPUResources, by rules: inout Rules) {
    rules.check(
      cpu.request < .zero || cpu.request > Self.largestCPU, "cpu", "request",
      says: "\(cpu.request) is outside 0 to \(Self.largestCPU)")
    rules.check(cpu.limit, "cpu", "limit", over: cpu.request)
    rules.check(
      cpu.burst < .zero || cpu.burst > Self.largestCPU, "cpu", "burst",
      says: "\(cpu.burst) is outside 0 to \(Self.largestCPU)")
    if cpu.burst > .zero {
      if let limit = cpu.limit.value {
        rules.check(
          cpu.burst > limit, "cpu", "burst",
          says: "\(cpu.burst) is over the limit of \(limit), and the kernel takes no more than that"
        )
      } else {
        rules.check(
          true, "cpu", "burst", says: "needs a limit: what is unlimited has nothing to save up")
      }
    }
    guard let cores else { return }
    rules.check(
      !(1...Self.largestCores).contains(cores), "cores",
      says: "\(cores) is outside 1 to \(Self.largestCores)")
    rules.check(
      cpu.request > reservedCPU, "cpu", "request",
      says: "\(cpu.request) is over the \(counted(cores, "exclusive core")) it runs on")
  }

  private func check(_ memory: MemoryResources, by rules: inout Rules) {
    rules.check(
      memory.request < .zero || memory.request > Self.largestMemory, "memory", "request",
      says: "\(memory.request) is outside 0 to \(Self.largestMemory)")
    rules.check(memory.limit, "memory", "limit", over: memory.request)
    rules.check(memory.swap, "memory", "swap")
  }

  private func check(_ io: IOResources, by rules: inout Rules) {
    rules.check(io, ["io"])
    rules.check(
      io.weight.map { !(1...10_000).contains($0) } ?? false, "io", "weight",
      says: "\(io.weight ?? 0) is outside 1 to 10000")
  }

  private func check(_ limits: ServiceLimits, by rules: inout Rules) {
    let key = CodingKeys.serviceLimits.rawValue
    rules.check(limits.cpu, key, "cpu", over: nil)
    rules.check(limits.memory, key, "memory", over: nil)
    rules.check(limits.swap, key, "swap")
    rules.check(limits.pids, key, "pids", in: 1...Self.largestPids)
    rules.check(limits.io, [key, "io"])
    rules.check(
      limits.io.weight != nil, key, "io", "weight",
      says: "is no cap: give each instance its weight in io.weight")
  }
}

/// Collects faults.
private struct Rules {
  var faults: [ResourceFault] = []

  mutating func check(_ bad: Bool, _ path: String..., says message: String) {
    if bad { faults.append(ResourceFault(path: path, message: message)) }
  }

  mutating func check(_ limit: Limit<MilliCPU>, _ path: String..., over request: MilliCPU?) {
    guard let limit = limit.value else { return }
    let (least, most) = (Resources.smallestCPULimit, Resources.largestCPU)
    if limit < least || limit > most {
      faults.append(ResourceFault(path: path, message: "\(limit) is outside \(least) to \(most)"))
    }
    guard let request, request > limit else { return }
    faults.append(
      ResourceFault(
        path: path.dropLast() + ["request"], message: "\(request) is over the limit of \(limit)"))
  }

  mutating func check(_ limit: Limit<Bytes>, _ path: String..., over request: Bytes?) {
    guard let limit = limit.value else { return }
    let (least, most) = (Resources.smallestMemoryLimit, Resources.largestMemory)
    if limit < least || limit > most {
      faults.append(ResourceFault(path: path, message: "\(limit) is outside \(least) to \(most)"))
    }
    guard let request, request > limit else { return }
    faults.append(
      ResourceFault(
        path: path.dropLast() + ["request"], message: "\(request) is over the limit of \(limit)"))
  }

  /// An amount that may be nothing at all.
  mutating func check(_ limit: Limit<Bytes>, _ path: String...) {
    guard let limit = limit.value, limit < .zero || limit > Resources.largestMemory else { return }
    faults.append(
      ResourceFault(
        path: path, message: "\(limit) is outside 0 to \(Resources.largestMemory)"))
  }

  mutating func check(_ limit: Limit<Int>, _ path: String..., in range: ClosedRange<Int>) {
    guard let value = limit.value, !range.contains(value) else { return }
    faults.append(
      ResourceFault(
        path: path, message: "\(value) is outside \(range.lowerBound) to \(range.upperBound)"))
  }

  /// The rates, of the storage's device and of others.
  mutating func check(_ io: IOResources, _ path: [String]) {
    check(io.rates, path)
    for (device, rates) in io.devices.sorted(by: { $0.key < $1.key }) {
      let path = path + ["devices", device]
      check(rates, path)
      if device.isEmpty || device.utf8.contains(where: { $0 <= 32 || $0 == 127 }) {
        let message = "is no device: give a name such as sdb, a number such as 8:16, or a path"
        faults.append(ResourceFault(path: path, message: message))
      }
    }
  }

  private mutating func check(_ rates: IORates, _ path: [String]) {
    for (name, rate) in [("read", rates.read), ("write", rates.write)]
    where rate.value.map({ $0.rawValue < 1 }) ?? false {
      faults.append(
        ResourceFault(path: path + [name], message: "must be at least 1B/s, or max"))
    }
    for (name, rate) in [("read_iops", rates.readOps), ("write_iops", rates.writeOps)]
    where rate.value.map({ !(1...Resources.largestOps).contains($0) }) ?? false {
      faults.append(
        ResourceFault(
          path: path + [name], message: "\(rate) is outside 1 to \(Resources.largestOps)"))
    }
  }
}
