// SPDX-License-Identifier: Apache-2.0
import CSystemd
import Glibc
package import Logging

/// Writes log entries to the journal with their metadata as fields (sd_journal_sendv(3)): `instance` becomes
/// `TENDON_INSTANCE`, so that `journalctl TENDON_INSTANCE=web.3` finds what is about web.3.
package struct JournalLogHandler: LogHandler {
  package var metadata: Logger.Metadata
  package var metadataProvider: Logger.MetadataProvider?
  package var logLevel = Logger.Level.info
  private let identifier: String

  /// - Parameter identifier: SYSLOG_IDENTIFIER, the program's name.
  /// - Parameter metadata: with every entry; `host` becomes `TENDON_HOST`.
  package init(identifier: String, metadata: Logger.Metadata = [:]) {
    self.identifier = identifier
    self.metadata = metadata
  }

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    var all = metadata
    if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
    if let given = event.metadata { all.merge(given) { $1 } }
    let fields = Self.fields(
      level: event.level, message: "\(event.message)", identifier: identifier, metadata: all)
    guard !Self.send(fields) else { return }
    // No journal: the text at least, to where the journal's stream was.
    let line = "<\(event.level.priority)>\(event.message)\n"
    _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
  }

  /// `FIELD=value` for each part of an entry, sorted by field after the fixed ones.
  static func fields(
    level: Logger.Level, message: String, identifier: String, metadata: Logger.Metadata
  ) -> [String] {
    ["MESSAGE=\(message)", "PRIORITY=\(level.priority)", "SYSLOG_IDENTIFIER=\(identifier)"]
      + metadata.map { "\(fieldName($0.key))=\($0.value)" }.sorted()
  }

  /// Capital letters, digits and underscores only, as the journal wants it.
  static func fieldName(_ key: String) -> String {
    let letters = key.utf8.map { byte -> Character in
      let character = Character(Unicode.Scalar(byte))
      return character.isASCII && (character.isLetter || character.isNumber)
        ? Character(character.uppercased()) : "_"
    }
    return "TENDON_" + String(letters)
  }

  private static func send(_ fields: [String]) -> Bool {
    var text: [UInt8] = []
    var ends: [Int] = []
    for field in fields {
      text += field.utf8
      ends.append(text.count)
    }
    return text.withUnsafeMutableBytes { bytes in
      var start = 0
      let vectors = ends.map { end -> iovec in
        defer { start = end }
        return iovec(iov_base: bytes.baseAddress?.advanced(by: start), iov_len: end - start)
      }
      return tendon_systemd_journal_send(vectors, Int32(vectors.count)) == 0
    }
  }
}

extension Logger.Level {
  /// As syslog(3) counts.
  var priority: Int {
    switch self {
    case .trace, .debug: 7
    case .info: 6
    case .notice: 5
    case .warning: 4
    case .error: 3
    case .critical: 2
    }
  }
}
