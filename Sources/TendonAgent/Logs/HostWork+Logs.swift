// SPDX-License-Identifier: Apache-2.0

import TendonLinux
import TendonModel

/// What a placement's output goes to.
extension HostWork {
  /// The caller closes it; the process keeps its own.
  /// - Parameter isFirst: set where the instance has left no output on this host before.
  func openLog(
    of placement: DesiredPlacement, _ stream: LogRequest.Stream, isFirst: inout Bool
  ) throws(StateError) -> Int32 {
    switch placement.spec.logs.target {
    case .files: try logs.open(placement.instance, placement.epoch, stream, isFirst: &isFirst)
    case .journald: try JournalStream.open(identifier: placement.instance.description, stream)
    }
  }

  /// Where the output of the process that is about to be started begins.
  /// - Parameter sizes: of standard output and error, as they are now.
  /// - Parameter runsBefore: of the same placement.
  func noteRun(
    of placement: DesiredPlacement, sizes: [Int64], runsBefore: Int
  ) throws(StateError) {
    guard placement.spec.logs.target == .files else { return }
    try logs.runStarts(
      placement.instance, placement.epoch, at: HostClock.wall,
      sizes: LogSizes(stdout: sizes[0], stderr: sizes[1]), runsBefore: runsBefore)
  }
}
