// SPDX-License-Identifier: Apache-2.0
import Glibc
import TendonModel

/// Takes memory from a cgroup until no more than a target is in use, by `memory.reclaim`, which never kills.
struct MemoryReclaim {
  let leaf: CgroupFolder
  let target: UInt64
  let deadline: Span

  enum Outcome: Hashable {
    /// Seen twice.
    case reached
    /// So many bytes too many are in use, and the kernel found nothing to take in several attempts.
    case exhausted(missed: UInt64)
    case late(missed: UInt64)
  }

  /// Asked for at one time, so that the deadline is looked at in between.
  private static let largestChunk: UInt64 = 32 << 20
  /// Between two attempts when the kernel found nothing, in microseconds: the instance may free some by itself.
  private static let pauseMicroseconds: UInt32 = 20_000
  /// Attempts in a row that freed nothing, after which it is no use. More waits longer for an instance that frees
  /// memory by itself.
  private static let mostFailures = 10

  func run() throws(KernelFileError) -> Outcome {
    let end = ContinuousClock.now + deadline.duration
    var timesBelow = 0
    var failures = 0
    var least = UInt64.max
    while true {
      // Without the file there is nothing to go by, and nothing that could be killed either.
      guard let current = try leaf.number("memory.current") else { return .reached }
      if current <= target {
        timesBelow += 1
        if timesBelow == 2 { return .reached }
        continue
      }
      timesBelow = 0
      if current < least {
        least = current
        failures = 0
      }
      if ContinuousClock.now >= end { return .late(missed: current - target) }
      if failures >= Self.mostFailures { return .exhausted(missed: current - target) }
      if try !once(current - target) {
        failures += 1
        usleep(Self.pauseMicroseconds)
      }
    }
  }

  /// - Returns: whether the kernel reclaimed all it was asked for; false also where it can't be asked.
  private func once(_ bytes: UInt64) throws(KernelFileError) -> Bool {
    // A little more than needed, because the instance goes on meanwhile.
    let asked = min(bytes + bytes / 32 + UInt64(PageSize.bytes), Self.largestChunk)
    do {
      try leaf.write(String(asked), to: "memory.reclaim")
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
