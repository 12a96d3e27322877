// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel

/// Giving back what an instance's files take over their space.
struct LogTrim: Sendable {
  let subject: LogSubject
  /// The file system could only empty a file.
  var wasEmptied = false
  var fault: StateError?

  /// Blocks, where the disk is slower than the writer for seconds: what is given back is written out first.
  static func perform(for subject: LogSubject, in logs: LogFiles) -> LogTrim {
    var trim = LogTrim(subject: subject)
    do {
      try trim.perform(logs)
    } catch {
      trim.fault = error
    }
    return trim
  }

  private mutating func perform(_ logs: LogFiles) throws(StateError) {
    let space = subject.settings.maxSize.rawValue
    let files = try logs.usage(of: subject.instance)
    // Somewhat more than is over, so that the next line is not over again.
    for kept in LogBudget.kept(of: files, within: space - space / 8) where !files.contains(kept) {
      let path = logs.path(of: subject.instance, kept.epoch, kept.stream)
      if try LogFile.trim(path, to: kept.bytes) == .emptied { wasEmptied = true }
    }
  }
}
