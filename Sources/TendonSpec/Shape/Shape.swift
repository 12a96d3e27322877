// SPDX-License-Identifier: Apache-2.0

/// What a value must look like. One tree of shapes describes the whole spec; `ShapeValidator` and
/// `ShapeSchema` both walk it, so what is accepted and what is documented cannot drift apart.
indirect enum Shape: Sendable {
  /// A mapping with these keys and no others. The hint says what to write instead of something
  /// else.
  case object([Field], hint: String)
  /// A mapping with keys of the user's choosing.
  case map(keys: TextRule, values: Shape, hint: String)
  /// A list with at least one item.
  case list(of: Shape, hint: String)
  /// Text; a number or boolean must be quoted.
  case text(TextRule)
  /// Text, or a number or boolean that is taken as it is written (`1.10` stays `1.10`).
  case written(TextRule)
  case quantity(QuantityRule)
  /// A decimal whole number.
  case integer(ClosedRange<Int>)
  /// `true` or `false`, without quotes.
  case boolean
  /// One of a few words.
  case word([String])
  /// Whatever fits one of these.
  case choice([Shape])
}

/// A key of an object.
struct Field: Sendable {
  let key: String
  /// One sentence for the schema and for the error when the key is missing.
  let doc: String
  let isRequired: Bool
  /// What holds when the key is absent; nil where nothing does.
  let byDefault: JSONText?
  let shape: Shape

  init(
    _ key: String, _ doc: String, required: Bool = false, byDefault: JSONText? = nil, _ shape: Shape
  ) {
    self.key = key
    self.doc = doc
    isRequired = required
    self.byDefault = byDefault
    self.shape = shape
  }
}

extension Shape {
  /// Completes "… is not": what would be accepted.
  var expected: String {
    switch self {
    case .object(let fields, _):
      "a mapping with \(fields.map(\.key).joined(separator: ", "))"
    case .map(let keys, _, _): "a mapping; its keys are \(keys.expected)"
    case .list: "a list"
    case .text(let rule), .written(let rule): rule.expected
    case .quantity(let rule): rule.expected
    case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .boolean: "true or false"
    case .word(let words): words.count == 1 ? words[0] : "one of \(words.joined(separator: ", "))"
    case .choice(let shapes): shapes.map(\.expected).joined(separator: ", or ")
    }
  }
}
