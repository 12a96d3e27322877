// SPDX-License-Identifier: Apache-2.0

/// What happened, for whoever looks for why.
struct Trace {
  var isKept = false
  private(set) var lines: [String] = []
  /// The same in one number, so that two runs can be compared.
  private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325

  mutating func add(_ time: Duration, _ text: String) {
    let milliseconds = Int64((time / .milliseconds(1)).rounded())
    let seconds = "\(milliseconds / 1000).\(String(milliseconds % 1000 + 1000).dropFirst()) s"
    let line =
      String(repeating: " ", count: max(0, 10 - seconds.utf8.count)) + "\(seconds)  \(text)"
    for byte in line.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    if isKept { lines.append(line) }
  }
}
