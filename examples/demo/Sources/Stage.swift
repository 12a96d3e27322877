// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Tells a stranger what is going on: numbered steps with colours on a terminal, plain text elsewhere.
final class Stage: Sendable {
  private let isColourful = isatty(1) == 1 && getenv("NO_COLOR") == nil
  private let start = ContinuousClock.now

  func title(_ text: String) { write("\n\(bold(text))\n") }

  func step(_ text: String) {
    let seconds = (ContinuousClock.now - start).components.seconds
    write("\n\(dim("[\(padded("\(seconds)", 3)) s]")) \(bold(text))\n")
  }

  func tell(_ text: String) { write("        \(text)\n") }

  func good(_ text: String) { write("        \(coloured("32", "✔")) \(text)\n") }

  func fail(_ text: String) { write("\n\(coloured("31", "✘")) \(text)\n") }

  /// Rows under a heading, each column as wide as its widest cell.
  func table(_ rows: [[String]]) {
    guard let columns = rows.first?.count else { return }
    let widths = (0..<columns).map { column in rows.map { $0[column].count }.max() ?? 0 }
    for (number, row) in rows.enumerated() {
      var line = zip(row, widths).map { cell, width in
        cell + String(repeating: " ", count: width - cell.count)
      }.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      tell(number == 0 ? dim(line) : line)
    }
  }

  private func bold(_ text: String) -> String { coloured("1", text) }
  private func dim(_ text: String) -> String { coloured("2", text) }

  private func coloured(_ code: String, _ text: String) -> String {
    isColourful ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }

  private func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  private func write(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { Glibc.write(1, $0.baseAddress, $0.count) }
      // The reader is gone (a closed pipe): the demo goes on for its effects and its JSON.
      guard written > 0 else { return }
      bytes = bytes.dropFirst(written)
    }
  }
}
