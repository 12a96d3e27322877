// SPDX-License-Identifier: Apache-2.0

/// A JSON value whose keys keep their order, so that the schema reads the same every time.
indirect enum JSONText: Hashable, Sendable {
  case string(String)
  case number(Int)
  case boolean(Bool)
  case array([JSONText])
  case object([JSONMember])

  /// The value over several lines, indented by two spaces; short lists stay on one line.
  func pretty(indent: Int = 0) -> String {
    let inner = String(repeating: " ", count: indent + 2)
    let outer = String(repeating: " ", count: indent)
    switch self {
    case .string(let text): return Self.quoted(text)
    case .number(let number): return String(number)
    case .boolean(let value): return String(value)
    case .array(let items) where items.allSatisfy(\.isLeaf):
      return "[" + items.map { $0.pretty() }.joined(separator: ", ") + "]"
    case .array(let items):
      let lines = items.map { inner + $0.pretty(indent: indent + 2) }
      return "[\n" + lines.joined(separator: ",\n") + "\n\(outer)]"
    case .object(let members) where members.isEmpty:
      return "{}"
    case .object(let members):
      let lines = members.map {
        inner + Self.quoted($0.name) + ": " + $0.value.pretty(indent: indent + 2)
      }
      return "{\n" + lines.joined(separator: ",\n") + "\n\(outer)}"
    }
  }

  private var isLeaf: Bool {
    switch self {
    case .string, .number, .boolean: true
    case .array, .object: false
    }
  }

  /// A text as JSON (RFC 8259) and, being printable throughout, as a double-quoted YAML scalar too.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where isPrintable(scalar): result.unicodeScalars.append(scalar)
      default:
        let hexadecimal = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - hexadecimal.count) + hexadecimal
      }
    }
    return result + "\""
  }

  /// YAML's printable characters (YAML 1.2.2, 5.1) without line ends and the byte order mark. What
  /// is not printable lies below U+10000, so that four digits are enough to escape it.
  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x2028, 0x2029, 0xFEFF: false
    case 0x20...0x7E, 0xA0...0xD7FF, 0xE000...0xFFFD, 0x10000...: true
    default: false
    }
  }
}

/// A name and its value in a JSON object.
struct JSONMember: Hashable, Sendable {
  let name: String
  let value: JSONText

  init(_ name: String, _ value: JSONText) {
    self.name = name
    self.value = value
  }
}
