// SPDX-License-Identifier: Apache-2.0

/// Parsers for the shapes that cgroup files come in (cgroup-v2.rst, "Format").
enum KeyedText {
  /// One number: `memory.current`.
  static func number(_ text: String, path: String) throws(KernelFileError) -> UInt64 {
    guard let number = UInt64(text) else { throw .notAsExpected(path, text, "a number") }
    return number
  }

  /// `KEY NUMBER` lines: `cpu.stat`, `memory.events`.
  static func flat(_ text: String, path: String) throws(KernelFileError) -> [Substring: UInt64] {
    var values: [Substring: UInt64] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count == 2, let number = UInt64(words[1]) else {
        throw .notAsExpected(path, line, "a name and a number")
      }
      values[words[0]] = number
    }
    return values
  }

  /// `KEY name=value …` lines: `io.stat`, `io.max`.
  static func nested(
    _ text: String, path: String
  ) throws(KernelFileError) -> [Substring: [Substring: Substring]] {
    var lines: [Substring: [Substring: Substring]] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard let key = words.first else { continue }
      var values: [Substring: Substring] = [:]
      for word in words.dropFirst() {
        let pair = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard pair.count == 2 else {
          throw .notAsExpected(path, line, "a key and name=value pairs")
        }
        values[pair[0]] = pair[1]
      }
      lines[key] = values
    }
    return lines
  }

  /// The number after `key`, which must be there.
  static func value(
    _ key: Substring, of values: [Substring: UInt64], path: String
  ) throws(KernelFileError) -> UInt64 {
    guard let value = values[key] else {
      throw .notAsExpected(path, values.keys.joined(separator: " "), "a list with \(key)")
    }
    return value
  }
}
