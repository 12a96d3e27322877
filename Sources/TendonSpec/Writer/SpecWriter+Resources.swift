// SPDX-License-Identifier: Apache-2.0

import TendonModel

extension SpecWriter {
  static func lines(_ resources: Resources) -> [String] {
    var lines = ["resources:", "  cpu:"]
    lines.append("    request: \(resources.cpu.request)")
    lines.append("    limit: \(resources.cpu.limit)")
    if resources.cpu.burst != .zero { lines.append("    burst: \(resources.cpu.burst)") }
    if let cores = resources.cores { lines.append("  cores: \(cores)") }
    lines += self.lines(resources.memory) + self.lines(resources.io, indent: "  ")
    if resources.pids != .max { lines.append("  pids: \(resources.pids)") }
    if resources.disk != .max { lines.append("  disk: \(resources.disk)") }
    if !resources.hugepages.isEmpty {
      lines.append("  hugepages:")
      // A size without a unit would be a number, which no key is.
      lines += resources.hugepages.sorted.map { "    \(scalar("\($0.size)")): \($0.limit)" }
    }
    if !resources.devices.isEmpty { lines.append("  devices:") }
    lines += resources.devices.sorted { $0.key < $1.key }.map {
      "    \(scalar($0.key)): \($0.value)"
    }
    return lines + self.lines(resources.serviceLimits)
  }

  private static func lines(_ memory: MemoryResources) -> [String] {
    var lines = ["  memory:", "    request: \(memory.request)", "    limit: \(memory.limit)"]
    if memory.isGuaranteed { lines.append("    guaranteed: true") }
    if memory.swap != .max { lines.append("    swap: \(memory.swap)") }
    return lines
  }

  private static func lines(_ io: IOResources, indent: String) -> [String] {
    if io == IOResources() { return [] }
    var lines = ["\(indent)io:"] + self.lines(io.rates, indent: "\(indent)  ")
    if let weight = io.weight { lines.append("\(indent)  weight: \(weight)") }
    if !io.devices.isEmpty { lines.append("\(indent)  devices:") }
    for (device, rates) in io.devices.sorted(by: { $0.key < $1.key }) {
      lines.append("\(indent)    \(scalar(device)):")
      lines += self.lines(rates, indent: "\(indent)      ")
    }
    return lines
  }

  private static func lines(_ rates: IORates, indent: String) -> [String] {
    var lines = ["\(indent)read: \(rates.read)", "\(indent)write: \(rates.write)"]
    if rates.readOps != .max { lines.append("\(indent)read_iops: \(rates.readOps)") }
    if rates.writeOps != .max { lines.append("\(indent)write_iops: \(rates.writeOps)") }
    return lines
  }

  private static func lines(_ limits: ServiceLimits) -> [String] {
    if limits.isEmpty { return [] }
    var lines = ["  service_limits:"]
    if limits.cpu != .max { lines.append("    cpu: \(limits.cpu)") }
    if limits.memory != .max { lines.append("    memory: \(limits.memory)") }
    if limits.swap != .max { lines.append("    swap: \(limits.swap)") }
    if limits.pids != .max { lines.append("    pids: \(limits.pids)") }
    return lines + self.lines(limits.io, indent: "    ")
  }
}
