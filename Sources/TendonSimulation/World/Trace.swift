// SPDX-License-Identifier: Apache-2.0

/// What happened, for whoever looks for why.
final class Trace {
  let isKept: Bool
  private(set) var lines: [String] = []

  init(isKept: Bool) { self.isKept = isKept }

  func add(_ time: Duration, _ text: String) {
    let milliseconds = Int64((time / .milliseconds(1)).rounded())
    let seconds = "\(milliseconds / 1000).\(String(milliseconds % 1000 + 1000).dropFirst()) s"
    lines.append(
      String(repeating: " ", count: max(0, 10 - seconds.utf8.count)) + "\(seconds)  \(text)")
  }
}
