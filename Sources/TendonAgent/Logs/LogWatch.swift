// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// A placement whose output goes into files.
struct LogSubject: Hashable, Sendable {
  var instance: InstanceID
  var epoch: Epoch
  var settings: LogSettings
}

/// What is known of one placement's files.
struct LogWatch: Sendable {
  var subject: LogSubject
  /// What older placements of the instance have left; nil: to be looked at.
  var olderBytes: Int64?
  /// nil before the first look.
  var sizes: LogSizes?
  /// nil where how much was written since tells nothing of how fast: it was quiet until just now.
  var lastLook: MonotonicTime?
  /// The newest sizes that were noted with a time.
  var marked: LogSizes?
  var lastMark: MonotonicTime?

  init(_ subject: LogSubject) { self.subject = subject }
}
