// SPDX-License-Identifier: Apache-2.0
import Glibc
package import TendonModel

/// Ending a cgroup: kill everything in it, and know when the last process is gone.
package enum CgroupEnd {
  /// `cgroup.events` is looked at this often even without an event, in milliseconds: it bounds what a lost
  /// or never delivered inotify event costs.
  private static let longestSleepMilliseconds: Int64 = 100

  /// Kills and waits. Blocks the calling thread.
  package static func kill(
    _ path: String, waitingUpTo limit: Span
  ) throws(CgroupError) {
    try CgroupProcesses.kill(path)
    guard try waitUntilEmpty(path, upTo: limit) else {
      throw .stillPopulated(path: path, after: limit)
    }
  }

  /// Waits until no process is left in the cgroup and below it, or it is gone. Blocks the calling thread, and
  /// wakes by inotify on `cgroup.events`.
  /// - Returns: false when processes are left after `limit`.
  package static func waitUntilEmpty(
    _ path: String, upTo limit: Span
  ) throws(CgroupError) -> Bool {
    let end = ContinuousClock.now + limit.duration
    if try isEmpty(path) { return true }
    let events = path + "/cgroup.events"
    let watch = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
    guard watch >= 0 else { throw .cannotWatch(path: events, errno: errno) }
    defer { close(watch) }
    if inotify_add_watch(watch, events, UInt32(IN_MODIFY)) < 0, errno != ENOENT {
      throw .cannotWatch(path: events, errno: errno)
    }
    // Looked at again after the watch began, so that no change falls between.
    while try !isEmpty(path) {
      let left = (end - ContinuousClock.now).wholeMilliseconds
      guard left > 0 else { return false }
      sleep(watch, milliseconds: min(left, longestSleepMilliseconds))
    }
    return true
  }

  /// `waitUntilEmpty` on a thread of its own.
  @concurrent
  package static func untilEmpty(
    _ path: String, upTo limit: Span
  ) async throws -> Bool {
    let result = try await BlockingThread.run { () -> Result<Bool, CgroupError> in
      Result { () throws(CgroupError) in try waitUntilEmpty(path, upTo: limit) }
    }
    return try result.get()
  }

  private static func isEmpty(_ path: String) throws(CgroupError) -> Bool {
    try CgroupError.file { () throws(KernelFileError) in
      try CgroupEvents.read(path).map { !$0.isPopulated } ?? true
    }
  }

  /// Until something happens to the watched file or the time is over, whichever is first.
  private static func sleep(_ watch: Int32, milliseconds: Int64) {
    var wait = pollfd(fd: watch, events: Int16(POLLIN), revents: 0)
    guard poll(&wait, 1, Int32(milliseconds)) > 0 else { return }
    withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer in
      // What happened doesn't matter, only that it is taken: the caller reads the file again.
      while read(watch, buffer.baseAddress, buffer.count) > 0 {}
    }
  }
}
