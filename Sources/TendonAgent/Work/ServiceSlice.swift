// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization
import TendonCore
import TendonLinux
import TendonModel

/// What was last written to a service's own cgroup. Held by one writer at a time, for as long as it takes.
final class ServiceSlice: Sendable {
  struct Written: Sendable {
    var inode: ino_t
    var share: SliceShare
  }

  let written = Mutex<Written?>(nil)
  /// Whether it was made by this agent, and not found: it holds the kernel's defaults until it is written.
  let isNew: Bool

  init(isNew: Bool) { self.isNew = isNew }
}

extension InstanceLimits {
  /// Gives a service's own cgroup what its placements are entitled to.
  /// - Returns: reports of its caps, where it has some, and of whatever is not in force.
  func apply(
    _ slice: ServiceSlice, of service: ServiceName, isForced: Bool
  ) -> [KnobReport] {
    let path = tree.slice(of: service)
    return slice.written.withLock { written in
      var status = stat()
      // Gone: with the last of its placements.
      guard stat(path, &status) == 0,
        let share = state.withLock({ $0.shares.share(of: service) })
      else {
        written = nil
        return []
      }
      // Removed and made again since it was written: it holds the kernel's defaults.
      let isFresh = written.map { $0.inode != status.st_ino } ?? slice.isNew
      let known = isFresh ? nil : written?.share
      if known == share, share.limits.isEmpty { return [] }
      let reports = writer.apply(
        share, to: path, previous: known,
        manner: .init(isFresh: isFresh, isForced: isForced))
      written = .init(inode: status.st_ino, share: share)
      return reports.filter { !share.limits.isEmpty || !$0.isInForce }
        .map { named($0, service) }
    }
  }

  func named(_ report: KnobReport, _ service: ServiceName) -> KnobReport {
    var report = report
    report.knob = "\(service).slice/\(report.knob)"
    return report
  }

  /// Memory is protected no further than all parents are.
  func protectRoot() {
    rootShare.withLock { held in
      let total = state.withLock { $0.shares.total }
      let low = held?.memoryRequests == total.memoryRequests ? nil : total.memoryRequests
      let min = held?.memoryGuaranteed == total.memoryGuaranteed ? nil : total.memoryGuaranteed
      if low == nil, min == nil { return }
      do throws(KernelFileError) {
        try MemoryController.protect(low: low, min: min, at: tree.root)
        held = total
      } catch {
        // Where the root belongs to somebody else (systemd's scope), theirs is the word that counts. It is tried
        // again with the next placement.
      }
    }
  }
}
