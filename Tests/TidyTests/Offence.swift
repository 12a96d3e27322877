// SPDX-License-Identifier: Apache-2.0
import Testing

/// One place that breaks a rule.
struct Offence: Hashable, CustomStringConvertible {
  let path: String
  /// Counted from 1.
  let line: Int
  let message: String

  init(_ file: SourceFile, _ line: Int, _ message: String) {
    path = file.path
    self.line = line
    self.message = message
  }

  var description: String { "\(path):\(line): \(message)" }
}

/// Records one issue that lists all the offences; none where there are none.
func expectNone(_ offences: [Offence], sourceLocation: SourceLocation = #_sourceLocation) {
  guard !offences.isEmpty else { return }
  let list = offences.map(\.description).joined(separator: "\n")
  Issue.record("\(offences.count) offences:\n\(list)", sourceLocation: sourceLocation)
}
