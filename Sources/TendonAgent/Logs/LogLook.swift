// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonLinux
import TendonModel

/// One look at a placement's files, and what was done about them.
struct LogLook: Sendable {
  /// As it is to be kept.
  var watch: LogKeeper.Watch
  var wasEmptied = false
  var fault: StateError?

  /// Blocks, for a few microseconds as long as nothing has grown.
  static func take(at watch: LogKeeper.Watch, in logs: LogFiles) -> LogLook {
    var look = LogLook(watch: watch)
    do {
      try look.take(logs)
    } catch {
      look.fault = error
      look.watch.due = HostClock.bootTime + LogPace.calm
    }
    return look
  }

  private mutating func take(_ logs: LogFiles) throws(StateError) {
    let now = HostClock.bootTime
    var sizes = LogSizes()
    var allocated: Int64 = 0
    for stream in LogRequest.Stream.allCases {
      guard let size = try LogFile.size(logs.path(of: watch.instance, watch.epoch, stream)) else {
        continue
      }
      sizes[stream] = size.logical
      allocated += size.allocated
    }
    if watch.sizes == nil {
      watch.sizes = try logs.marks(of: watch.instance, watch.epoch).all().last?.sizes ?? LogSizes()
    }
    if sizes != watch.sizes {
      let mark = LogMark(at: HostClock.wall, isStart: false, sizes: sizes)
      // Not more than one a second, however often a fast writer is looked at.
      if watch.lastMark.map({ now - $0 >= .milliseconds(900) }) ?? true {
        try logs.marks(of: watch.instance, watch.epoch).append(mark)
        watch.lastMark = now
      }
    }
    let before = watch.sizes ?? sizes
    let grown = max(0, sizes.stdout - before.stdout) + max(0, sizes.stderr - before.stderr)
    let passed = watch.lastLook.map { now - $0 } ?? Self.firstPace
    watch.sizes = sizes
    watch.lastLook = now
    let older: Int64
    if let known = watch.olderBytes { older = known } else { older = try olderBytes(logs) }
    watch.olderBytes = older
    let space = watch.settings.maxSize.rawValue
    var taken = older + allocated
    if taken > space { taken = try trim(logs, to: space - space / 8) }
    let pace = LogPace.next(grown: grown, in: passed, headroom: space - taken)
    // Nobody knows yet how fast a new one will be.
    watch.due = now + (watch.looks < Self.firstLooks ? min(pace, Self.firstPace) : pace)
    watch.looks += 1
  }

  private static let firstLooks = 20
  private static let firstPace = Duration.milliseconds(250)

  private func olderBytes(_ logs: LogFiles) throws(StateError) -> Int64 {
    try logs.usage(of: watch.instance).filter { $0.epoch < watch.epoch }
      .reduce(0) { $0 + $1.bytes }
  }

  /// - Returns: the bytes that all of the instance's files take now.
  private mutating func trim(_ logs: LogFiles, to space: Int64) throws(StateError) -> Int64 {
    let files = try logs.usage(of: watch.instance)
    for kept in LogBudget.kept(of: files, within: space) where !files.contains(kept) {
      let path = logs.path(of: watch.instance, kept.epoch, kept.stream)
      if try LogFile.trim(path, to: kept.bytes) == .emptied { wasEmptied = true }
    }
    watch.olderBytes = nil
    return try logs.usage(of: watch.instance).reduce(0) { $0 + $1.bytes }
  }
}
