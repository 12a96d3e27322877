// SPDX-License-Identifier: Apache-2.0

/// Remembers which of the newest 1,024 counters of a session were seen (after RFC 6479: a ring of words, so
/// that moving on clears whole words and shifts none).
package struct ReplayWindow: Sendable {
  /// How far behind the newest a counter may be.
  package static let length: UInt64 = 1024
  /// One word more than the window, because the newest word is only partly used.
  private static let wordCount = 17

  private var words = [UInt64](repeating: 0, count: Self.wordCount)
  /// The highest counter that was recorded; counters begin at 1.
  package private(set) var newest: UInt64 = 0

  package init() {}

  /// Whether a datagram with this counter may still be accepted.
  package func admits(_ counter: UInt64) -> Bool {
    if counter > newest { return true }
    guard counter > 0, newest - counter < Self.length else { return false }
    let (word, bit) = Self.place(of: counter)
    return words[word] & bit == 0
  }

  /// Remembers a counter. Only for authenticated datagrams: otherwise a forged one would move the window.
  package mutating func record(_ counter: UInt64) {
    if counter > newest {
      let step = min(counter / 64 - newest / 64, UInt64(Self.wordCount))
      for offset in 0..<step {
        words[Int((counter / 64 - offset) % UInt64(Self.wordCount))] = 0
      }
      newest = counter
    }
    let (word, bit) = Self.place(of: counter)
    words[word] |= bit
  }

  private static func place(of counter: UInt64) -> (word: Int, bit: UInt64) {
    (Int(counter / 64 % UInt64(wordCount)), 1 << (counter % 64))
  }
}
