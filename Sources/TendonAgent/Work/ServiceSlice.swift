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
  /// - Parameter inode: its cgroup's, where that is known to be there.
  /// - Returns: reports of its caps, where it has some, and of whatever is not in force.
  func apply(
    _ slice: ServiceSlice, of service: ServiceName, inode: ino_t? = nil, isForced: Bool
  ) -> [KnobReport] {
    let path = tree.slice(of: service)
    return slice.written.withLock { written in
      // Gone: with the last of its placements.
      guard let inode = inode ?? Self.inode(of: path),
        let share = state.withLock({ $0.entitlement(of: service) })
      else {
        written = nil
        return []
      }
      // Removed and made again since it was written: it holds the kernel's defaults.
      let isFresh = written.map { $0.inode != inode } ?? slice.isNew
      let known = isFresh ? nil : written?.share
      if known == share, share.limits.isEmpty { return [] }
      let reports = writer.apply(
        share, to: path, previous: known,
        manner: .init(isFresh: isFresh, isForced: isForced))
      written = .init(inode: inode, share: share)
      return reports.filter { !share.limits.isEmpty || !$0.isInForce }
        .map { named($0, service) }
    }
  }

  /// Placements that are about to be started here. What their services are entitled to with all of them is written with
  /// the first that is, and not a thousand times.
  func expect(_ placements: [DesiredPlacement]) {
    state.withLock { state in
      for placement in placements where state.shares.service(of: placement.epoch) == nil {
        state.expected.set(
          placement.resources, of: placement.epoch, in: placement.instance.service)
      }
    }
  }

  /// - Returns: the service whose cgroup has too much now, where it was never started.
  func expectNoMore(_ epoch: Epoch) -> ServiceName? {
    state.withLock { state in
      defer { state.expected.remove(epoch) }
      return state.expected.service(of: epoch)
    }
  }

  /// Gives a service's own cgroup what its placements are entitled to, where there is one.
  func applyShare(of service: ServiceName) -> [KnobReport] {
    let slice = state.withLock { $0.slices[service] }
    let reports = slice.map { apply($0, of: service, isForced: false) } ?? []
    protectRoot()
    return reports
  }

  /// nil when it is not there.
  private static func inode(of path: String) -> ino_t? {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_ino : nil
  }

  func named(_ report: KnobReport, _ service: ServiceName) -> KnobReport {
    var report = report
    report.knob = "\(service).slice/\(report.knob)"
    return report
  }

  /// Memory is protected no further than all parents are.
  func protectRoot() {
    rootShare.withLock { held in
      let total = state.withLock { $0.shares.total + $0.expected.total }
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
