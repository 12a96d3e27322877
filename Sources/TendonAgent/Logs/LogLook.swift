// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonLinux
import TendonModel

/// One look at a placement's files.
struct LogLook: Sendable {
  /// As it is to be kept.
  var watch: LogWatch
  /// The files take more than they may: `LogTrim` is due.
  var isOver = false
  /// When it has to be looked at again; nil: once it is written to.
  var due: MonotonicTime?
  var fault: StateError?

  private static let markInterval = Duration.seconds(1)

  /// Blocks, for a few microseconds.
  static func take(at watch: LogWatch, in logs: LogFiles) -> LogLook {
    var look = LogLook(watch: watch)
    do {
      try look.take(logs)
    } catch {
      look.fault = error
      look.due = HostClock.bootTime + LogPace.calm
    }
    return look
  }

  private mutating func take(_ logs: LogFiles) throws(StateError) {
    let now = HostClock.bootTime
    let subject = watch.subject
    var sizes = LogSizes()
    var allocated: Int64 = 0
    for stream in LogRequest.Stream.allCases {
      guard let size = try LogFile.size(logs.path(of: subject.instance, subject.epoch, stream))
      else { continue }
      sizes[stream] = size.logical
      allocated += size.allocated
    }
    if watch.marked == nil {
      watch.marked =
        try logs.marks(of: subject.instance, subject.epoch).all().last?.sizes ?? LogSizes()
    }
    try mark(sizes, logs, now: now)
    let before = watch.sizes ?? sizes
    let grown = max(0, sizes.stdout - before.stdout) + max(0, sizes.stderr - before.stderr)
    let passed = watch.lastLook.map { now - $0 }
    watch.sizes = sizes
    watch.lastLook = now
    let older: Int64
    if let known = watch.olderBytes { older = known } else { older = try olderBytes(logs) }
    watch.olderBytes = older
    let space = subject.settings.maxSize.rawValue
    isOver = older + allocated > space
    if grown > 0 {
      due = now + LogPace.next(grown: grown, in: passed, headroom: space - older - allocated)
    } else if sizes != watch.marked {
      // Quiet since, but not noted yet.
      due = (watch.lastMark ?? now) + Self.markInterval
    }
  }

  /// Not more than one a second, however often a fast writer is looked at.
  private mutating func mark(
    _ sizes: LogSizes, _ logs: LogFiles, now: MonotonicTime
  ) throws(StateError) {
    guard sizes != watch.marked, watch.lastMark.map({ now - $0 >= Self.markInterval }) ?? true
    else { return }
    try logs.marks(of: watch.subject.instance, watch.subject.epoch)
      .append(LogMark(at: HostClock.wall, isStart: false, sizes: sizes))
    watch.marked = sizes
    watch.lastMark = now
  }

  private func olderBytes(_ logs: LogFiles) throws(StateError) -> Int64 {
    try logs.usage(of: watch.subject.instance).filter { $0.epoch < watch.subject.epoch }
      .reduce(0) { $0 + $1.bytes }
  }
}
