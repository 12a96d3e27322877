// SPDX-License-Identifier: Apache-2.0

/// A place in a text. Both count from 1; columns are Unicode scalars, as libyaml counts them.
struct Mark: Hashable, Sendable, Comparable {
  static let start = Mark(line: 1, column: 1)

  var line: Int
  var column: Int

  static func < (left: Self, right: Self) -> Bool {
    (left.line, left.column) < (right.line, right.column)
  }
}

/// A value of a YAML document with the place where it was written (for an alias: where it is used).
struct YAMLNode: Sendable {
  enum Content: Sendable {
    /// `plain` is false for what was quoted or tagged as text, which is never a number or a
    /// boolean.
    case scalar(String, plain: Bool)
    case sequence([YAMLNode])
    /// In the order of the text; a key may occur twice.
    case mapping([YAMLEntry])
  }

  var mark: Mark
  var content: Content
}

/// A key and its value.
struct YAMLEntry: Sendable {
  var key: YAMLNode
  var value: YAMLNode
}

extension YAMLNode {
  /// The text of a scalar; nil for a list or a mapping.
  var text: String? {
    if case .scalar(let text, _) = content { text } else { nil }
  }

  /// The value of a mapping's first entry with this key; nil where there is none.
  subscript(key: String) -> YAMLNode? {
    guard case .mapping(let entries) = content else { return nil }
    return entries.first { $0.key.text == key }?.value
  }

  /// Whether it stands for "nothing": `key:`, `~` or `null`.
  var isNull: Bool { PlainScalar.kind(of: self) == .null }

  /// What a person would call it, in a sentence: `"500m"`, `a list`, `nothing`.
  var described: String {
    switch content {
    case .scalar(let text, _): isNull ? "nothing" : text.quotedForPeople
    case .sequence: "a list"
    case .mapping: "a mapping"
    }
  }
}

extension String {
  /// In quotes, on one line, cut after 60 characters.
  var quotedForPeople: String {
    var result = "\""
    for scalar in unicodeScalars.prefix(60) {
      switch scalar {
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case _ where scalar.properties.generalCategory == .control:
        result += "\\u{" + String(scalar.value, radix: 16) + "}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + (unicodeScalars.count > 60 ? "…\"" : "\"")
  }
}
