// SPDX-License-Identifier: Apache-2.0
import TendonModel

/// The memory files of one cgroup that are about to change.
///
/// Writing `memory.max` below what is in use succeeds, and the kernel then kills. So a lower limit is refused where it
/// can't be reached; else it goes by way of `memory.high`, which only reclaims, and when use does not come down in time the
/// old limit stays.
struct MemoryLimits {
  let leaf: CgroupFolder
  /// Those of `MemoryController.knobs` that are to be written, by file.
  let knobs: [String: Knob]
  /// How long a shrink may take.
  let deadline: Span
  /// Whether the limit is wanted even where the kernel kills for it.
  let isForced: Bool
  /// Whether the new `memory.max` is below the one in force.
  let isShrink: Bool

  init(leaf: CgroupFolder, knobs: [Knob], deadline: Span, isForced: Bool, isFresh: Bool) {
    self.leaf = leaf
    self.knobs = Dictionary(uniqueKeysWithValues: knobs.map { ($0.file, $0) })
    self.deadline = deadline
    self.isForced = isForced
    guard !isFresh, let target = self.knobs["memory.max"]?.wanted.flatMap(Int64.init) else {
      // Nothing lives in a cgroup that was just made.
      isShrink = false
      return
    }
    // When the old limit can't be read, the careful way is the right one; its report tells of the failure.
    let old = try? leaf.read("memory.max", toWrite: true)
    isShrink = old.map { Int64($0).map { $0 > target } ?? ($0 == "max") } ?? false
  }

  private static let others = ["memory.min", "memory.low", "memory.swap.max", "memory.oom.group"]

  /// The order in which more memory is given.
  static let raising = ["memory.max", "memory.high"] + others

  /// `memory.max` before `memory.high` before `memory.low`: room first.
  func raise() -> [String: KnobReport] {
    write(Self.raising)
  }

  /// Protection first, so that it does not keep what is to be reclaimed, and `memory.max` last.
  func shrink() -> [String: KnobReport] {
    var reports = write(Self.others)
    guard let max = knobs["memory.max"], let target = max.wanted.flatMap(UInt64.init) else {
      return reports
    }
    do throws(KernelFileError) {
      // What is below the target already needs no looking at what could be taken.
      let isBelow = try leaf.number("memory.current").map { $0 <= target } ?? true
      if !isForced, !isBelow, let floor = try MemoryFloor.read(leaf.path), floor.bytes > target {
        reports["memory.max"] = kept(max, Self.refusal(of: target, floor))
        reports["memory.high"] = kept(knobs["memory.high"], Self.oldHighNote)
        return reports
      }
      reports.merge(try lower(max, to: target)) { _, new in new }
    } catch {
      reports["memory.max"] = max.report(at: leaf, wasWritten: false, failure: error)
      reports["memory.high"] = kept(knobs["memory.high"], Self.oldHighNote)
    }
    return reports
  }

  /// Reclaims behind the fence of `memory.high`, writes, and takes it back where the kernel killed for it.
  private func lower(
    _ max: Knob, to target: UInt64
  ) throws(KernelFileError) -> [String: KnobReport] {
    let old = (
      high: try leaf.read("memory.high"),
      max: try leaf.read("memory.max")
    )
    let killedBefore = try leaf.value("oom_kill", in: "memory.events") ?? 0
    if let high = old.high, UInt64(high).map({ $0 > target }) ?? true {
      // Not waiting: a newer kernel does not reclaim within this write; the loop does, and keeps the time.
      try leaf.write(String(target), to: "memory.high", waits: false)
    }
    let outcome: MemoryReclaim.Outcome
    do throws(KernelFileError) {
      outcome = try MemoryReclaim(leaf: leaf, target: target, deadline: deadline).run()
    } catch {
      try putBack(old)
      throw error
    }
    if !isForced, let note = missedNote(outcome) { return try rolledBack(max, to: old, note) }
    var report = max.write(to: leaf)
    let killed = (try leaf.value("oom_kill", in: "memory.events") ?? 0) - killedBefore
    if killed > 0, !isForced {
      return try rolledBack(
        max, to: old,
        "the kernel killed \(counted(Int(killed), "process")) as memory grew at that moment; "
          + "the old limit is back")
    }
    if killed > 0 {
      report.note = "forced: the kernel killed \(counted(Int(killed), "process")) for it"
    }
    var reports = ["memory.max": report]
    // A limit that could not be written leaves the old mark as the right one.
    if report.isInForce {
      reports["memory.high"] = knobs["memory.high"]?.write(to: leaf, waits: false)
    } else {
      try putBack(old)
      reports["memory.high"] = kept(knobs["memory.high"], Self.oldHighNote)
    }
    return reports
  }

  private func putBack(_ old: (high: String?, max: String?)) throws(KernelFileError) {
    if let max = old.max { try leaf.write(max, to: "memory.max") }
    if let high = old.high { try leaf.write(high, to: "memory.high") }
  }

  private func rolledBack(
    _ max: Knob, to old: (high: String?, max: String?), _ note: String
  ) throws(KernelFileError) -> [String: KnobReport] {
    try putBack(old)
    var reports = ["memory.max": kept(max, note)]
    reports["memory.high"] = kept(knobs["memory.high"], Self.oldHighNote)
    return reports.compactMapValues { $0 }
  }

  // MARK: - Words

  private static let oldHighNote = "the old value stays with the old limit"
  private static let wouldKill =
    "the old limit stays, because the kernel would kill the instance (--force accepts that)"

  private static func refusal(of target: UInt64, _ floor: MemoryFloor) -> String {
    let missed = floor.bytes - target
    return "\(missed) bytes (\(ShortText.bytes(missed))) too many are in use and can't be taken: "
      + "the floor is \(floor.bytes) bytes (\(ShortText.bytes(floor.bytes))), with "
      + "\(floor.explanation); \(wouldKill)"
  }

  private func missedNote(_ outcome: MemoryReclaim.Outcome) -> String? {
    let (missed, reason): (UInt64, String)
    switch outcome {
    case .reached: return nil
    case .exhausted(let bytes):
      (missed, reason) = (bytes, "could not be reclaimed: nothing more was found")
    case .late(let bytes): (missed, reason) = (bytes, "could not be reclaimed within \(deadline)")
    }
    return "\(missed) bytes (\(ShortText.bytes(missed))) too many are in use and \(reason); "
      + Self.wouldKill
  }

  /// The report of a knob that was deliberately left as it was.
  private func kept(_ knob: Knob?, _ note: String) -> KnobReport? {
    guard var report = knob?.report(at: leaf, wasWritten: false) else { return nil }
    if !report.isInForce { report.note = note }
    return report
  }

  private func write(_ files: [String]) -> [String: KnobReport] {
    var reports: [String: KnobReport] = [:]
    for file in files { reports[file] = knobs[file]?.write(to: leaf) }
    return reports
  }
}
