// SPDX-License-Identifier: Apache-2.0

/// Swift source with everything that is not code blanked out, line by line.
struct SwiftCode {
  private enum State {
    /// Code; within an interpolation, how many parentheses are open.
    case code(parentheses: Int?)
    case string(hashes: Int, isMultiline: Bool)
  }

  private let text: [UInt8]
  private var result: [UInt8] = []
  private var position = 0
  private var line = 1
  private var commented: Set<Int> = []
  private var states: [State] = [.code(parentheses: nil)]

  /// Comments and what strings say become spaces; interpolated code stays.
  /// - Returns: the lines, and the numbers of those with a comment.
  static func read(_ text: String) -> (lines: [String], commented: Set<Int>) {
    var scanner = SwiftCode(text: Array(text.utf8))
    scanner.scan()
    let lines = String(decoding: scanner.result, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    return (lines, scanner.commented)
  }

  private init(text: [UInt8]) {
    self.text = text
    result.reserveCapacity(text.count)
  }

  private mutating func scan() {
    while position < text.count {
      switch states[states.count - 1] {
      case .code(let parentheses): scanCode(parentheses)
      case .string(let hashes, let isMultiline): scanString(hashes, isMultiline)
      }
    }
  }

  private mutating func scanCode(_ parentheses: Int?) {
    if looksAt("//") {
      commented.insert(line)
      while position < text.count, text[position] != UInt8(ascii: "\n") { blank(1) }
    } else if looksAt("/*") {
      scanComment()
    } else if let (hashes, isMultiline) = stringStart() {
      blank(hashes + (isMultiline ? 3 : 1))
      states.append(.string(hashes: hashes, isMultiline: isMultiline))
    } else if let open = parentheses, looksAt("(") {
      states[states.count - 1] = .code(parentheses: open + 1)
      copy()
    } else if let open = parentheses, looksAt(")") {
      if open == 0 {
        states.removeLast()
      } else {
        states[states.count - 1] = .code(parentheses: open - 1)
      }
      copy()
    } else {
      copy()
    }
  }

  private mutating func scanComment() {
    var depth = 0
    repeat {
      commented.insert(line)
      if looksAt("/*") {
        depth += 1
        blank(2)
      } else if looksAt("*/") {
        depth -= 1
        blank(2)
      } else {
        blank(1)
      }
    } while depth > 0 && position < text.count
  }

  private mutating func scanString(_ hashes: Int, _ isMultiline: Bool) {
    let hash = String(repeating: "#", count: hashes)
    if looksAt((isMultiline ? "\"\"\"" : "\"") + hash) {
      blank((isMultiline ? 3 : 1) + hashes)
      states.removeLast()
    } else if looksAt("\\\(hash)(") {
      blank(hashes + 1)
      copy()
      states.append(.code(parentheses: 0))
    } else {
      blank(looksAt("\\\(hash)") ? hashes + 2 : 1)
    }
  }

  private func stringStart() -> (hashes: Int, isMultiline: Bool)? {
    var end = position
    while end < text.count, text[end] == UInt8(ascii: "#") { end += 1 }
    guard end < text.count, text[end] == UInt8(ascii: "\"") else { return nil }
    let quotes = text[end...].prefix(3)
    return (end - position, quotes.count == 3 && quotes.allSatisfy { $0 == UInt8(ascii: "\"") })
  }

  private func looksAt(_ word: String) -> Bool {
    text[position...].prefix(word.utf8.count).elementsEqual(word.utf8)
  }

  private mutating func copy() {
    if text[position] == UInt8(ascii: "\n") { line += 1 }
    result.append(text[position])
    position += 1
  }

  private mutating func blank(_ count: Int) {
    for _ in 0..<count where position < text.count {
      let isLineFeed = text[position] == UInt8(ascii: "\n")
      if isLineFeed { line += 1 }
      result.append(isLineFeed ? text[position] : UInt8(ascii: " "))
      position += 1
    }
  }
}
