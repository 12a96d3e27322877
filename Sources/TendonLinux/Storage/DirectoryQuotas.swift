// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import Synchronization
package import TendonModel

/// Limits on what instances' own directories may hold, by project quotas of ext4 and xfs.
///
/// A directory's project number is its own record: it is found again after a restart by asking the file system, and
/// new numbers are those that no directory has. All calls block.
package final class DirectoryQuotas: Sendable {
  /// Above what people write in /etc/projid; below 2^31, which some tools take for the end.
  static let firstProject: UInt32 = 1_000_000_000
  static let knob = "disk"

  /// Holds the instances' directories.
  private let folder: String
  /// Numbers that are in use; nil until they are first asked for.
  private let used = Mutex<Set<UInt32>?>(nil)

  package init(folder: String) { self.folder = folder }

  /// Brings a limit into force, reads it back and says what is held.
  /// - Parameter directory: the instance's own; nil where it has none, which is then the report's reason.
  package func apply(_ limit: Limit<Bytes>, to directory: String?) -> KnobReport {
    guard let directory else { return Self.report(limit, note: Self.noDirectory) }
    do throws(QuotaError) {
      var project = try Self.project(of: directory)
      if project == 0 {
        guard limit != .max else { return Self.report(limit, note: nil) }
        // First of all, as it changes nothing: a file system without quotas is not to be marked in vain.
        _ = try Self.quota(of: directory, project: Self.firstProject)
        project = try take(directory)
      }
      // 0 is "no limit" to the kernel, so what is less than a unit becomes one.
      let bytes = limit.value.map { max(UInt64(clamping: $0.rawValue), 1024) } ?? 0
      try Self.check("quotactl(Q_SETQUOTA)", tendon_quota_set(directory, project, bytes))
      return try Self.held(limit, directory, project, wasWritten: true)
    } catch {
      return Self.report(limit, note: error.description)
    }
  }

  /// What the file system holds, and what is used of it. Changes nothing.
  package func read(_ limit: Limit<Bytes>, of directory: String?) -> KnobReport {
    guard let directory else {
      return Self.report(limit, note: limit == .max ? nil : Self.noDirectory)
    }
    do throws(QuotaError) {
      let project = try Self.project(of: directory)
      guard project != 0 else {
        return Self.report(limit, note: limit == .max ? nil : "the directory has no project")
      }
      return try Self.held(limit, directory, project, wasWritten: limit != .max)
    } catch {
      return Self.report(limit, note: limit == .max ? nil : error.description)
    }
  }

  /// Takes the limit away from a directory whose instance is gone; its files, and their number, stay.
  /// - Returns: what went wrong, in words.
  package func release(_ directory: String) -> String? {
    do throws(QuotaError) {
      let project = try Self.project(of: directory)
      guard project >= Self.firstProject else { return nil }
      try Self.check("quotactl(Q_SETQUOTA)", tendon_quota_set(directory, project, 0))
      return nil
    } catch {
      return error.errno == ENOENT ? nil : error.description
    }
  }

  /// Gives a directory, and what is in it, a number of its own.
  private func take(_ directory: String) throws(QuotaError) -> UInt32 {
    let project = used.withLock { used in
      var numbers = used ?? Self.numbers(in: folder)
      var number = Self.firstProject
      while numbers.contains(number) { number += 1 }
      numbers.insert(number)
      used = numbers
      return number
    }
    try Self.check("ioctl(FS_IOC_FSSETXATTR)", tendon_project_set_tree(directory, project))
    return project
  }

  private static func numbers(in folder: String) -> Set<UInt32> {
    // A folder that can't be listed or asked has no quotas either, which the next step says.
    let names = (try? Folders.list(folder)) ?? []
    return Set(names.compactMap { try? project(of: "\(folder)/\($0)") })
  }

  // MARK: - The file system's answers

  private static func project(of directory: String) throws(QuotaError) -> UInt32 {
    var project: UInt32 = 0
    try check("ioctl(FS_IOC_FSGETXATTR)", tendon_project_get(directory, &project))
    return project
  }

  private static func quota(
    of directory: String, project: UInt32
  ) throws(QuotaError) -> tendon_quota {
    var quota = tendon_quota()
    try check("quotactl(Q_GETQUOTA)", tendon_quota_get(directory, project, &quota))
    return quota
  }

  private static func check(_ call: String, _ result: Int32) throws(QuotaError) {
    guard result != 0 else { return }
    throw QuotaError(call: call, errno: -result)
  }

  private static func held(
    _ limit: Limit<Bytes>, _ directory: String, _ project: UInt32, wasWritten: Bool
  ) throws(QuotaError) -> KnobReport {
    let quota = try quota(of: directory, project: project)
    let wanted = limit.value.map { max(UInt64(clamping: $0.rawValue) & ~1023, 1024) } ?? 0
    var report = report(limit, note: nil)
    report.written = wasWritten ? text(wanted) : nil
    report.readBack = text(quota.limit_bytes)
    report.use = "\(ShortText.bytes(quota.used_bytes)) used (project \(project))"
    report.isInForce = quota.limit_bytes == wanted
    if !report.isInForce {
      report.note = "the file system holds something else than what was asked"
    } else if wanted > 0, quota.used_bytes > wanted {
      report.note =
        "\(ShortText.bytes(quota.used_bytes - wanted)) more than that are in use: "
        + "what is there stays, and further writes fail"
    } else if let asked = limit.value, UInt64(clamping: asked.rawValue) != wanted {
      report.note =
        "quotas count in KiB: \(abs(asked.rawValue - Int64(wanted))) bytes of difference"
    }
    return report
  }

  private static func text(_ limit: UInt64) -> String { limit == 0 ? "max" : String(limit) }

  private static let noDirectory =
    "not available: the instance runs in a workdir of its spec's, not in a directory of its own"

  /// The report where nothing was written.
  private static func report(_ limit: Limit<Bytes>, note: String?) -> KnobReport {
    KnobReport(
      knob: knob, requested: "disk \(limit)", written: nil, readBack: nil, note: note,
      isInForce: limit == .max)
  }
}

/// Why a file system does not limit a directory.
struct QuotaError: Error, Hashable, CustomStringConvertible {
  let call: String
  let errno: Int32

  var description: String {
    let reason =
      switch errno {
      case ESRCH: "project quotas are not on: mount the file system with prjquota"
      case ENOSYS, ENOTTY, EOPNOTSUPP, ENOTBLK, ENODEV:
        "this file system has no project quotas (ext4 made with -O project,quota, and xfs, have them), or "
          + "the kernel lacks them (module quota_v2)"
      case ENOENT: "the directory is not there"
      default: "it is refused"
      }
    return "not available: \(reason) (\(call): \(ErrnoText.of(errno)))"
  }
}
