// SPDX-License-Identifier: Apache-2.0
package import TendonModel

/// `memory.low` from the request, and `memory.min` where it is guaranteed; `memory.high` and `memory.max` from the
/// limit; `memory.swap.max`; `memory.oom.group`, so that an instance out of memory ends as a whole and not with one of
/// its processes missing.
package enum MemoryController {
  /// `memory.high` lies this fraction of the limit below it.
  ///
  /// At `memory.high` the kernel begins to reclaim and to slow the instance down, so that page cache goes
  /// before the OOM killer comes and `memory.events` tells of the squeeze in time. The slowing grows with the square
  /// of the excess: with 1/32 an instance without anything to reclaim still gets through the gap of a 1Gi
  /// limit in about six seconds; with 1/16 it would crawl for nearly a minute before it fails.
  static let highMarginDivisor: Int64 = 32

  private static var pages: Knob.Comparison { .pages(size: PageSize.bytes) }

  static func knobs(for memory: MemoryResources) -> [Knob] {
    protection(
      low: memory.request, min: memory.isGuaranteed ? memory.request : .zero, of: "request")
      + limits(memory.limit, swap: memory.swap, of: "limit")
      + [Knob(.memory, "memory.oom.group", requested: "end as a whole", wanted: "1")]
  }

  /// Those of a service's own cgroup: all requests together, and the caps on all of them.
  static func knobs(for share: SliceShare) -> [Knob] {
    protection(low: share.memoryRequests, min: share.memoryGuaranteed, of: "requests")
      + limits(share.limits.memory, swap: share.limits.swap, of: "service limit")
  }

  private static func protection(low: Bytes, min: Bytes, of name: String) -> [Knob] {
    [
      Knob(
        .memory, "memory.min", requested: min == .zero ? "not guaranteed" : "guaranteed \(min)",
        wanted: String(min.rawValue), isKernelDefault: min == .zero, comparison: pages),
      Knob(
        .memory, "memory.low", requested: "\(name) \(low)", wanted: String(low.rawValue),
        isKernelDefault: low == .zero, comparison: pages),
    ]
  }

  private static func limits(
    _ limit: Limit<Bytes>, swap: Limit<Bytes>, of name: String
  ) -> [Knob] {
    [
      Knob(
        .memory, "memory.high",
        requested: limit == .max
          ? "\(name) max" : "\(name) \(limit) less 1/\(highMarginDivisor)",
        wanted: high(for: limit).map(String.init) ?? "max",
        isKernelDefault: limit == .max, comparison: pages),
      Knob(
        .memory, "memory.max", requested: "\(name) \(limit)", wanted: text(limit),
        isKernelDefault: limit == .max, comparison: pages),
      Knob(
        .memory, "memory.swap.max", requested: "swap \(swap)", wanted: text(swap),
        isKernelDefault: swap == .max, comparison: pages),
    ]
  }

  private static func text(_ limit: Limit<Bytes>) -> String {
    limit.value.map { String($0.rawValue) } ?? "max"
  }

  /// In bytes, whole pages; nil for no limit.
  package static func high(for limit: Limit<Bytes>) -> Int64? {
    limit.value.map { PageSize.floor($0.rawValue - $0.rawValue / highMarginDivisor) }
  }

  static func use(of file: String, at leaf: String) throws(KernelFileError) -> String? {
    switch file {
    case "memory.max":
      guard let current = try number("memory.current", at: leaf) else { return nil }
      let peak = try number("memory.peak", at: leaf)
      return "\(ShortText.bytes(current)) used"
        + (peak.map { ", at most \(ShortText.bytes($0))" } ?? "")
    case "memory.high":
      return try count(of: "high", at: leaf).map { "reached \($0) times" }
    case "memory.swap.max":
      return try number("memory.swap.current", at: leaf).map {
        "\(ShortText.bytes($0)) swapped out"
      }
    case "memory.oom.group":
      return try count(of: "oom_kill", at: leaf).map { "\($0) killed for memory" }
    default:
      return nil
    }
  }

  /// One number of a leaf's file; nil when the file is not there.
  static func number(_ file: String, at leaf: String) throws(KernelFileError) -> UInt64? {
    let path = "\(leaf)/\(file)"
    guard let text = try KernelFile.read(path) else { return nil }
    return try KeyedText.number(text, path: path)
  }

  private static func count(of key: Substring, at leaf: String) throws(KernelFileError) -> UInt64? {
    let path = leaf + "/memory.events"
    guard let text = try KernelFile.read(path) else { return nil }
    return try KeyedText.value(key, of: KeyedText.flat(text, path: path), path: path)
  }

  /// Protects so much of what is below a cgroup: the kernel protects no cgroup's memory further than its parents'.
  /// Fine where there is no such file.
  /// - Parameter low, min: nil leaves what is there.
  package static func protect(
    low: Bytes?, min: Bytes?, at path: String
  ) throws(KernelFileError) {
    for case (let file, let bytes?) in [("memory.low", low), ("memory.min", min)]
    where KernelFile.exists("\(path)/\(file)") {
      try KernelFile.write(String(bytes.rawValue), to: "\(path)/\(file)")
    }
  }
}
