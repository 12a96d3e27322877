// SPDX-License-Identifier: Apache-2.0
import TendonModel

/// What came of a resize, compared with what was there before.
struct ResizeResult {
  let response: ResizeResponse
  private let pidsBefore: [InstanceID: Int32]
  private let prefixes: [String]
  /// The same of the service's own cgroup, whose knobs are named `web.slice/cpu.max`.
  private let servicePrefixes: [String]

  init(response: ResizeResponse, before: [InstanceView], change: ResourcesChange) {
    self.response = response
    pidsBefore = before.reduce(into: [:]) { pids, view in
      if let pid = view.status?.pid { pids[view.id] = pid }
    }
    prefixes = Self.prefixes(of: change)
    servicePrefixes = Self.servicePrefixes(of: change)
  }

  /// The knobs that were to change and that the kernel does not hold as asked. Others are not this
  /// resize's fault.
  var faults: [String] {
    response.instances.flatMap { instance in
      instance.knobs.filter { knob in
        !knob.isInForce && isMeant(knob.knob)
      }
      .map { "\(instance.id) \($0.knob): \($0.note ?? "the kernel holds another value")" }
    }
  }

  func text(hasColours: Bool) -> String {
    let parts = response.instances.map { instance in
      let time = instance.microseconds.map {
        ", written and read back in \(HumanUnits.microseconds($0))"
      }
      let heading = Style.heading.applied(to: instance.id.description, hasColours: hasColours)
      return "\(heading) on \(instance.host), \(pid(of: instance))\(time ?? "")\n"
        + KnobTable.text(instance.knobs, hasColours: hasColours)
    }
    let count = response.instances.count
    let summary =
      "\(count) instance\(count == 1 ? "" : "s"), revision \(response.revision), "
      + "\(HumanUnits.microseconds(response.microseconds)) in all"
    return (parts + [summary]).joined(separator: "\n\n")
  }

  private func pid(of instance: ResizeResponse.Instance) -> String {
    guard let pid = instance.pid else { return "no process" }
    guard let before = pidsBefore[instance.id] else { return "pid \(pid)" }
    return before == pid ? "pid \(pid) unchanged" : "pid \(pid), was \(before)"
  }

  private func isMeant(_ knob: String) -> Bool {
    guard let slash = knob.firstIndex(of: "/"), knob[..<slash].hasSuffix(".slice") else {
      return prefixes.contains { knob.hasPrefix($0) }
    }
    let name = knob[knob.index(after: slash)...]
    return servicePrefixes.contains { name.hasPrefix($0) }
  }

  private static func servicePrefixes(of change: ResourcesChange) -> [String] {
    var prefixes: [String] = []
    if change.serviceCPU != nil { prefixes.append("cpu.max") }
    if change.serviceMemory != nil { prefixes += ["memory.high", "memory.max"] }
    if change.serviceSwap != nil { prefixes.append("memory.swap.") }
    if change.servicePids != nil { prefixes.append("pids.") }
    if change.serviceIO != nil { prefixes.append("io.max") }
    return prefixes
  }

  private static func prefixes(of change: ResourcesChange) -> [String] {
    var prefixes: [String] = []
    if change.cpuRequest != nil { prefixes.append("cpu.weight") }
    if change.cpuLimit != nil || change.cpuBurst != nil { prefixes.append("cpu.max") }
    if change.cores != nil { prefixes.append("cpuset.") }
    if change.memoryRequest != nil || change.memoryGuaranteed != nil {
      prefixes += ["memory.low", "memory.min"]
    }
    if change.swap != nil { prefixes.append("memory.swap.") }
    if change.memoryLimit != nil { prefixes += ["memory.high", "memory.max"] }
    if change.ioRead != nil || change.ioWrite != nil || change.ioReadOps != nil
      || change.ioWriteOps != nil || change.ioDevices != nil
    {
      prefixes.append("io.max")
    }
    if change.ioWeight != nil { prefixes += ["io.weight", "io.bfq.weight"] }
    if change.pids != nil { prefixes.append("pids.") }
    if change.disk != nil { prefixes.append("disk") }
    if change.hugepages != nil { prefixes.append("hugetlb.") }
    return prefixes
  }
}
