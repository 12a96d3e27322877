// SPDX-License-Identifier: Apache-2.0
package import TendonModel

/// `memory.low` from the request; `memory.high` and `memory.max` from the limit; `memory.oom.group`, so that
/// an instance out of memory ends as a whole and not with one of its processes missing.
package enum MemoryController {
  /// `memory.high` lies this fraction of the limit below it.
  ///
  /// At `memory.high` the kernel begins to reclaim and to slow the instance down, so that page cache goes
  /// before the OOM killer comes and `memory.events` tells of the squeeze in time. The slowing grows with the square
  /// of the excess: with 1/32 an instance without anything to reclaim still gets through the gap of a 1Gi
  /// limit in about six seconds; with 1/16 it would crawl for nearly a minute before it fails.
  static let highMarginDivisor: Int64 = 32

  static func knobs(for memory: MemoryResources) -> [Knob] {
    [
      Knob(
        .memory, "memory.low", requested: "request \(memory.request)",
        wanted: String(memory.request.rawValue), isKernelDefault: memory.request == .zero,
        comparison: .pages),
      Knob(
        .memory, "memory.high",
        requested: memory.limit == .max
          ? "limit max" : "limit \(memory.limit) less 1/\(highMarginDivisor)",
        wanted: high(for: memory.limit).map(String.init) ?? "max",
        isKernelDefault: memory.limit == .max, comparison: .pages),
      Knob(
        .memory, "memory.max", requested: "limit \(memory.limit)",
        wanted: memory.limit.value.map { String($0.rawValue) } ?? "max",
        isKernelDefault: memory.limit == .max, comparison: .pages),
      Knob(.memory, "memory.oom.group", requested: "end as a whole", wanted: "1"),
    ]
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
}
