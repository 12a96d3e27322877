// SPDX-License-Identifier: Apache-2.0
import Glibc
import TendonModel

/// The memory files of one leaf that are about to change.
///
/// Writing `memory.max` below what is in use succeeds, and the kernel then kills. So a lower limit goes
/// by way of `memory.high`, which only reclaims; when use does not come down in time the old limit stays.
struct MemoryLimits {
  let leaf: String
  /// Those of `MemoryController.knobs` that are to be written.
  let knobs: [Knob]
  /// How long a shrink may take.
  let deadline: Span
  /// Whether the new `memory.max` is below the one in force.
  let isShrink: Bool

  init(leaf: String, knobs: [Knob], deadline: Span) {
    self.leaf = leaf
    self.knobs = knobs
    self.deadline = deadline
    guard let target = knobs.first(where: { $0.file == "memory.max" })?.wanted.flatMap(Int64.init)
    else {
      isShrink = false
      return
    }
    // When the old limit can't be read, the careful way is the right one; its report tells of the failure.
    let old = try? KernelFile.read(leaf + "/memory.max")
    isShrink = old.map { Int64($0).map { $0 > target } ?? ($0 == "max") } ?? false
  }

  /// `memory.max` before `memory.high` before `memory.low`: room first.
  func raise() -> [String: KnobReport] {
    write(["memory.max", "memory.high", "memory.low", "memory.oom.group"])
  }

  /// `memory.low` first, so that it does not protect what is to be reclaimed, and `memory.max` last.
  func shrink() -> [String: KnobReport] {
    var reports = write(["memory.low", "memory.oom.group"])
    guard let max = knobs.first(where: { $0.file == "memory.max" }),
      let target = max.wanted.flatMap(UInt64.init)
    else { return reports }
    let high = knobs.first { $0.file == "memory.high" }
    // nil: not there, or not readable; then there is nothing to go back to, and writing it fails just so.
    let oldHigh = try? KernelFile.read(leaf + "/memory.high")
    // O_NONBLOCK: a newer kernel does not reclaim within this write; the loop below does, and keeps the time.
    reports["memory.high"] = high?.write(to: leaf, waits: false)
    do throws(KernelFileError) {
      let missed = try reclaim(to: target)
      guard missed > 0 else {
        reports["memory.max"] = max.write(to: leaf)
        return reports
      }
      reports["memory.high"] = restored(high, to: oldHigh)
      reports["memory.max"] = kept(max, Self.missedNote(missed, deadline: deadline))
    } catch {
      reports["memory.high"] = restored(high, to: oldHigh)
      reports["memory.max"] = max.report(at: leaf, wasWritten: false, failure: error)
    }
    return reports
  }

  /// Puts `memory.high` back and reports it.
  private func restored(_ high: Knob?, to old: String?) -> KnobReport? {
    do throws(KernelFileError) {
      if let old { try KernelFile.write(old, to: leaf + "/memory.high") }
    } catch {
      return high?.report(at: leaf, wasWritten: false, failure: error)
    }
    return kept(high, "the old value stays with the old limit")
  }

  private static func missedNote(_ missed: UInt64, deadline: Span) -> String {
    "\(missed) bytes (\(ShortText.bytes(missed))) too many are in use and could not be reclaimed within "
      + "\(deadline); the old limit stays, because the kernel would kill the instance"
  }

  /// The report of a knob that was deliberately left as it was.
  private func kept(_ knob: Knob?, _ note: String) -> KnobReport? {
    guard var report = knob?.report(at: leaf, wasWritten: false) else { return nil }
    if !report.isInForce { report.note = note }
    return report
  }

  private func write(_ files: [String]) -> [String: KnobReport] {
    var reports: [String: KnobReport] = [:]
    for file in files {
      guard let knob = knobs.first(where: { $0.file == file }) else { continue }
      reports[file] = knob.write(to: leaf)
    }
    return reports
  }

  // MARK: - Reclaim

  /// Asked for at one time, so that the deadline is looked at in between.
  private static let largestChunk: UInt64 = 32 << 20
  /// Between two attempts when the kernel found nothing, in microseconds: the instance may free some by itself.
  private static let pauseMicroseconds: UInt32 = 20_000

  /// Reclaims until no more than `target` is in use, seen twice, or the time is over.
  /// - Returns: how many bytes too many are in use at the end.
  private func reclaim(to target: UInt64) throws(KernelFileError) -> UInt64 {
    let end = ContinuousClock.now + deadline.duration
    let path = leaf + "/memory.current"
    // Without the file there is nothing to go by, and nothing that could be killed either.
    guard let file = try OpenKernelFile.reading(path) else { return 0 }
    var timesBelow = 0
    while true {
      guard let text = try file.read() else { return 0 }
      let current = try KeyedText.number(text, path: path)
      if current <= target {
        timesBelow += 1
        if timesBelow == 2 { return 0 }
        continue
      }
      timesBelow = 0
      if ContinuousClock.now >= end { return current - target }
      if try !reclaimOnce(current - target) { usleep(Self.pauseMicroseconds) }
    }
  }

  /// - Returns: whether the kernel reclaimed all it was asked for; false also where it can't be asked.
  private func reclaimOnce(_ bytes: UInt64) throws(KernelFileError) -> Bool {
    // A little more than needed, because the instance goes on meanwhile.
    let asked = min(bytes + bytes / 32 + UInt64(PageSize.bytes), Self.largestChunk)
    do {
      try KernelFile.write(String(asked), to: leaf + "/memory.reclaim")
      return true
    } catch {
      // EAGAIN: less than asked. ENOENT: before kernel 5.19; memory.high reclaims on its own then.
      guard case .cannotWrite(_, _, let number) = error,
        [EAGAIN, ENOENT, EINTR].contains(number)
      else { throw error }
      return false
    }
  }
}
