// SPDX-License-Identifier: Apache-2.0
import Glibc
package import Logging

/// Where a program's own log goes: the journal when stderr is one of its streams, else stderr as text.
package enum ProgramLog {
  /// - Parameter metadata: with every entry of the journal; not repeated on every line of text.
  package static func handler(
    label: String, metadata: Logger.Metadata = [:]
  ) -> any LogHandler {
    isJournal(getenv("JOURNAL_STREAM").map { String(cString: $0) }, of: STDERR_FILENO)
      ? JournalLogHandler(identifier: label, metadata: metadata)
      : StreamLogHandler.standardError(label: label)
  }

  /// Whether a descriptor is what JOURNAL_STREAM (systemd.exec(5)) says, as `DEVICE:INODE`: the variable is
  /// inherited by programs whose stderr goes elsewhere.
  static func isJournal(_ stream: String?, of descriptor: Int32) -> Bool {
    var facts = stat()
    guard let stream, fstat(descriptor, &facts) == 0 else { return false }
    return stream == "\(facts.st_dev):\(facts.st_ino)"
  }
}
