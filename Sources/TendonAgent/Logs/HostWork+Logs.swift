// SPDX-License-Identifier: Apache-2.0

import TendonLinux
import TendonModel

/// What a placement's output goes to.
extension HostWork {
  /// The caller closes it; the process keeps its own.
  func openLog(
    of placement: DesiredPlacement, _ stream: LogRequest.Stream
  ) throws(StateError) -> Int32 {
    switch placement.spec.logs.target {
    case .files: try logs.open(placement.instance, placement.epoch, stream)
    case .journald: try JournalStream.open(identifier: placement.instance.description, stream)
    }
  }

  /// Where the output of the process that is about to be started begins.
  func noteRun(of placement: DesiredPlacement) throws(StateError) {
    guard placement.spec.logs.target == .files else { return }
    try logs.runStarts(placement.instance, placement.epoch, at: HostClock.wall)
  }
}
