// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// How an instance's space for output is shared by its log files, when there is more than fits.
///
/// The newest placement comes first, but what is older keeps up to a quarter of the space, so that a new placement
/// that writes a lot leaves something of how the one before it ended. Within a placement each stream may have half
/// and what the other does not use. Of older placements the newest come first.
package enum LogBudget {
  package struct File: Hashable, Sendable {
    package var epoch: Epoch
    package var stream: LogRequest.Stream
    /// The disk space that it takes.
    package var bytes: Int64

    package init(epoch: Epoch, stream: LogRequest.Stream, bytes: Int64) {
      self.epoch = epoch
      self.stream = stream
      self.bytes = bytes
    }
  }

  /// The files with the bytes that each may keep, from its end.
  package static func kept(of files: [File], within space: Int64) -> [File] {
    let epochs = Set(files.map(\.epoch)).sorted(by: >)
    guard let newest = epochs.first else { return [] }
    let older = files.reduce(0) { $1.epoch == newest ? $0 : $0 + $1.bytes }
    var left = space
    var result: [File] = []
    for epoch in epochs {
      let own = files.filter { $0.epoch == epoch }
      let share = shared(own, within: epoch == newest ? space - min(older, space / 4) : left)
      left -= share.reduce(0) { $0 + $1.bytes }
      result += share
    }
    return result
  }

  private static func shared(_ files: [File], within space: Int64) -> [File] {
    let total = files.reduce(0) { $0 + $1.bytes }
    return files.map { file in
      var file = file
      file.bytes = min(file.bytes, max(space / 2, space - (total - file.bytes)))
      return file
    }
  }
}

/// When an instance's log files are looked at again.
package enum LogPace {
  /// As long as a file grows slowly: also the resolution of `logs --since`.
  package static let calm = Duration.seconds(1)
  /// What a file that grows fast may overrun its space by is what is written in this time.
  package static let hasty = Duration.milliseconds(10)

  /// - Parameters:
  ///   - grown: bytes in the time `passed` since the last look, 1 or more.
  ///   - passed: nil when it was quiet until just now, so that nobody knows yet how fast it will be.
  ///   - headroom: bytes until something has to go.
  package static func next(
    grown: Int64, in passed: Duration?, headroom: Int64
  ) -> Duration {
    guard let passed, passed > .zero else { return hasty }
    // Half of what is left may be used up until the next look.
    let perNanosecond = Double(grown) / Double(passed.wholeNanoseconds)
    let nanoseconds = Double(max(headroom, 0)) / 2 / perNanosecond
    guard nanoseconds < Double(calm.wholeNanoseconds) else { return calm }
    return max(hasty, .nanoseconds(Int64(nanoseconds)))
  }
}
