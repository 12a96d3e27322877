// SPDX-License-Identifier: Apache-2.0

/// Holds a document against a shape and collects everything that does not fit.
struct ShapeValidator {
  private(set) var faults: [ShapeFault] = []

  /// All that is wrong with `node`.
  static func faults(in node: YAMLNode, against shape: Shape, at path: SpecPath = SpecPath())
    -> [ShapeFault]
  {
    var validator = Self()
    validator.check(node, shape, at: path)
    return validator.faults
  }

  private mutating func report(_ message: String, at node: YAMLNode, _ path: SpecPath) {
    faults.append(ShapeFault(mark: node.mark, path: path, message: message))
  }

  private mutating func check(_ node: YAMLNode, _ shape: Shape, at path: SpecPath) {
    switch (shape, node.content) {
    case (.object(let fields, _), .mapping(let entries)):
      checkObject(node, entries, fields, at: path)
    case (.map(let keys, let values, _), .mapping(let entries)):
      checkMap(entries, keys, values, at: path)
    case (.list(let item, let hint), .sequence(let items)):
      if items.isEmpty { report("is empty; \(hint)", at: node, path) }
      for (index, child) in items.enumerated() { check(child, item, at: path.appending(index)) }
    case (.object(_, let hint), _), (.map(_, _, let hint), _), (.list(_, let hint), _):
      report("\(node.described) is not \(shape.expected); \(hint)", at: node, path)
    case (.choice(let shapes), _):
      let fits = shapes.contains { Self.faults(in: node, against: $0, at: path).isEmpty }
      if !fits { reportMismatch(node, shape, at: path) }
    case (_, .scalar(let text, _)):
      checkScalar(node, text, shape, at: path)
    default:
      reportMismatch(node, shape, at: path)
    }
  }

  private mutating func reportMismatch(_ node: YAMLNode, _ shape: Shape, at path: SpecPath) {
    if node.isNull {
      report("has no value; it must be \(shape.expected)", at: node, path)
    } else {
      report("\(node.described) is not \(shape.expected)", at: node, path)
    }
  }

  private mutating func checkScalar(
    _ node: YAMLNode, _ text: String, _ shape: Shape, at path: SpecPath
  ) {
    let kind = PlainScalar.kind(of: node)
    switch shape {
    case .text(let rule):
      if kind == .number || kind == .boolean {
        report("\(text) is a \(kind), not text; write it in quotes: \"\(text)\"", at: node, path)
      } else {
        checkText(node, text, rule, at: path)
      }
    case .written(let rule):
      checkText(node, text, rule, at: path)
    case .quantity(let rule):
      if kind == .null || !rule.accepts(text) { reportMismatch(node, shape, at: path) }
    case .integer(let range):
      checkInteger(node, text, range, at: path)
    case .boolean:
      let isQuoted = if case .scalar(_, plain: false) = node.content { true } else { false }
      if isQuoted || !["true", "false"].contains(text) { reportMismatch(node, shape, at: path) }
    case .word(let words):
      if !words.contains(text) { reportMismatch(node, shape, at: path) }
    case .object, .map, .list, .choice:
      preconditionFailure("check() deals with these")
    }
  }

  private mutating func checkText(
    _ node: YAMLNode, _ text: String, _ rule: TextRule, at path: SpecPath
  ) {
    if node.isNull {
      report(
        "has no value; write \"\" for an empty text, or put the word in quotes", at: node, path)
    } else if let fault = rule.fault(text) {
      report("\(text.quotedForPeople) \(fault)", at: node, path)
    }
  }

  private mutating func checkInteger(
    _ node: YAMLNode, _ text: String, _ range: ClosedRange<Int>, at path: SpecPath
  ) {
    let isQuoted = if case .scalar(_, plain: false) = node.content { true } else { false }
    switch WholeNumber.read(text) {
    case _ where isQuoted:
      report(
        "\(text.quotedForPeople) in quotes is text, not \(Shape.integer(range).expected)", at: node,
        path)
    case .number(let number) where range.contains(number):
      return
    case .number, .tooLarge:
      report("\(text) is outside \(range.lowerBound) to \(range.upperBound)", at: node, path)
    case .none:
      reportMismatch(node, .integer(range), at: path)
    }
  }

  private mutating func checkObject(
    _ node: YAMLNode, _ entries: [YAMLEntry], _ fields: [Field], at path: SpecPath
  ) {
    let names = fields.map(\.key)
    for (key, entry) in distinct(entries, at: path) {
      if let field = fields.first(where: { $0.key == key }) {
        check(entry.value, field.shape, at: path.appending(key))
      } else {
        let advice =
          Spelling.nearest(to: key, among: names).map { "did you mean \($0)?" }
          ?? "the keys here are \(names.joined(separator: ", "))"
        report("unknown key; \(advice)", at: entry.key, path.appending(key.pathStep))
      }
    }
    for field in fields where field.isRequired && node[field.key] == nil {
      report("is missing: \(field.doc)", at: node, path.appending(field.key))
    }
  }

  private mutating func checkMap(
    _ entries: [YAMLEntry], _ keys: TextRule, _ values: Shape, at path: SpecPath
  ) {
    for (key, entry) in distinct(entries, at: path) {
      let inner = path.appending(key.pathStep)
      if let fault = keys.fault(key) {
        report("the key \(key.quotedForPeople) \(fault)", at: entry.key, inner)
      }
      check(entry.value, values, at: inner)
    }
  }

  /// The entries that have a text as key, each key once; the others are reported.
  private mutating func distinct(
    _ entries: [YAMLEntry], at path: SpecPath
  ) -> [(String, YAMLEntry)] {
    var seen: [String: Mark] = [:]
    var result: [(String, YAMLEntry)] = []
    for entry in entries {
      guard let key = entry.key.text else {
        report("\(entry.key.described) cannot be a key; a key is a text", at: entry.key, path)
        continue
      }
      if let first = seen.updateValue(entry.key.mark, forKey: key) {
        seen[key] = first
        report(
          "is given twice; the first is in line \(first.line)", at: entry.key,
          path.appending(key.pathStep))
      } else {
        result.append((key, entry))
      }
    }
    return result
  }
}

extension String {
  /// A key as it stands in a path: cut where it is too long to be shown.
  fileprivate var pathStep: String {
    let shown = quotedForPeople.dropFirst().dropLast()
    return String(shown)
  }
}
