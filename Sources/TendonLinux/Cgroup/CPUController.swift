// SPDX-License-Identifier: Apache-2.0
import Glibc
package import TendonModel

/// `cpu.weight` from the request, `cpu.max` from the limit, `cpu.max.burst` from the burst.
package enum CPUController {
  /// The period of `cpu.max`, the kernel's own default, in microseconds.
  static let periodMicroseconds: Int64 = 100_000
  /// The kernel refuses less, in microseconds per period.
  static let smallestQuotaMicroseconds: Int64 = 1000

  static func knobs(for cpu: CPUResources) -> [Knob] {
    [
      Knob(
        .cpu, "cpu.weight", requested: "request \(cpu.request)",
        wanted: String(weight(for: cpu.request))),
      Knob(
        .cpu, "cpu.max", requested: "limit \(cpu.limit)", wanted: quota(for: cpu.limit),
        isKernelDefault: cpu.limit == .max, note: quotaNote(for: cpu.limit)),
      Knob(
        .cpu, "cpu.max.burst", requested: "burst \(cpu.burst)",
        wanted: String(cpu.burst.rawValue * (periodMicroseconds / 1000)),
        isKernelDefault: cpu.burst == .zero),
    ]
  }

  /// Those of a service's own cgroup: all requests together, and the cap on all of them.
  static func knobs(for share: SliceShare) -> [Knob] {
    [
      Knob(
        .cpu, "cpu.weight", requested: "requests \(share.cpuRequests)",
        wanted: String(weight(for: share.cpuRequests))),
      Knob(
        .cpu, "cpu.max", requested: "service limit \(share.limits.cpu)",
        wanted: quota(for: share.limits.cpu), isKernelDefault: share.limits.cpu == .max),
    ]
  }

  /// The kernel takes no burst above the quota: a lower burst is written before a lower quota, a higher one after
  /// the higher quota.
  static func order(_ knobs: [Knob], at leaf: CgroupFolder) -> [Knob] {
    guard let burst = knobs.first(where: { $0.file == "cpu.max.burst" }) else { return knobs }
    // What can't be read is absent or broken, which the report of its write says; the order is then the same to it.
    let text = (try? leaf.read("cpu.max.burst")).flatMap { $0 }
    let held = text.flatMap(Int64.init) ?? 0
    let others = knobs.filter { $0.file != "cpu.max.burst" }
    let wanted = burst.wanted.flatMap(Int64.init) ?? 0
    return wanted < held ? [burst] + others : others + [burst]
  }

  /// The weight of a request, 1 to 10,000; a request of one CPU weighs 100, which is the kernel's default.
  ///
  /// By way of cgroup v1 shares (1,024 for a CPU) and the curve that container runtimes use (opencontainers/cgroups,
  /// ConvertCPUSharesToCgroupV2Value): ceil(10^((L² + 125 L) / 612 - 7/34)), L = log2(shares), which
  /// meets 2 -> 1, 1,024 -> 100 and 262,144 -> 10,000.
  package static func weight(for request: MilliCPU) -> Int {
    let shares = request.rawValue.multipliedReportingOverflow(by: 1024).partialValue / 1000
    if shares <= 2 { return 1 }
    if shares >= 262_144 { return 10_000 }
    let level = log2(Double(shares))
    let weight = pow(10, (level * level + 125 * level - 126) / 612)
    // The curve is a whole number only at the three points above; the small step keeps one unit in the
    // last place, which differs between C libraries, from lifting those to the next number.
    return min(10_000, max(1, Int((weight - 1e-9).rounded(.up))))
  }

  static func quota(for limit: Limit<MilliCPU>) -> String {
    guard let limit = limit.value else { return "max \(periodMicroseconds)" }
    let quota = limit.rawValue * (periodMicroseconds / 1000)
    return "\(max(smallestQuotaMicroseconds, quota)) \(periodMicroseconds)"
  }

  private static func quotaNote(for limit: Limit<MilliCPU>) -> String? {
    guard let limit = limit.value, limit < Resources.smallestCPULimit else { return nil }
    return "raised to \(Resources.smallestCPULimit), the kernel's smallest"
  }

  /// What the file is about, in use; nil when there is nothing to tell.
  static func use(of file: String, at leaf: String) throws(KernelFileError) -> String? {
    guard file == "cpu.max" || file == "cpu.max.burst" else { return nil }
    let path = leaf + "/cpu.stat"
    guard let text = try KernelFile.read(path) else { return nil }
    let values = try KeyedText.flat(text, path: path)
    if file == "cpu.max.burst" {
      // Since 5.14, as the file itself.
      guard let bursts = values["nr_bursts"], let time = values["burst_usec"] else { return nil }
      return "\(bursts) bursts, \(ShortText.seconds(microseconds: time)) over the limit"
    }
    let used = try KeyedText.value("usage_usec", of: values, path: path)
    let usedText = "\(ShortText.seconds(microseconds: used)) used"
    guard let periods = values["nr_periods"], let throttled = values["nr_throttled"] else {
      return usedText
    }
    return "\(usedText), throttled in \(throttled) of \(periods) periods"
  }
}
