// SPDX-License-Identifier: Apache-2.0

/// Writes a shape as JSON Schema (draft 2020-12).
enum ShapeSchema {
  /// The keywords that describe `shape`.
  static func members(of shape: Shape) -> [JSONMember] {
    switch shape {
    case .object(let fields, _): objectMembers(fields)
    case .map(let keys, let values, _):
      [
        JSONMember("type", .string("object")),
        JSONMember("propertyNames", .object(pattern(keys.pattern))),
        JSONMember("additionalProperties", .object(members(of: values))),
      ]
    case .list(let item, _):
      [
        JSONMember("type", .string("array")), JSONMember("minItems", .number(1)),
        JSONMember("items", .object(members(of: item))),
      ]
    case .text(let rule): [JSONMember("type", .string("string"))] + pattern(rule.pattern)
    case .written(let rule): type("string", "number", "boolean") + pattern(rule.pattern)
    case .quantity(let rule): quantityMembers(rule)
    case .integer(let range):
      [
        JSONMember("type", .string("integer")),
        JSONMember("minimum", .number(range.lowerBound)),
        JSONMember("maximum", .number(range.upperBound)),
      ]
    case .word(let words) where words == ["true", "false"]:
      [JSONMember("type", .string("boolean"))]
    case .word(let words): [JSONMember("enum", .array(words.map(JSONText.string)))]
    case .choice(let shapes):
      [JSONMember("anyOf", .array(shapes.map { .object(members(of: $0)) }))]
    }
  }

  private static func objectMembers(_ fields: [Field]) -> [JSONMember] {
    let properties = fields.map { field in
      var members = [JSONMember("description", .string(field.doc))]
      if let byDefault = field.byDefault { members.append(JSONMember("default", byDefault)) }
      return JSONMember(field.key, .object(members + Self.members(of: field.shape)))
    }
    let required = fields.filter(\.isRequired).map { JSONText.string($0.key) }
    return [JSONMember("type", .string("object"))]
      + (required.isEmpty ? [] : [JSONMember("required", .array(required))])
      + [
        JSONMember("additionalProperties", .boolean(false)),
        JSONMember("properties", .object(properties)),
      ]
  }

  private static func quantityMembers(_ rule: QuantityRule) -> [JSONMember] {
    rule.takesNumbers
      ? type("string", "number") + pattern(rule.pattern) + [JSONMember("minimum", .number(0))]
      : [JSONMember("type", .string("string"))] + pattern(rule.pattern)
  }

  private static func type(_ names: String...) -> [JSONMember] {
    [JSONMember("type", .array(names.map(JSONText.string)))]
  }

  private static func pattern(_ pattern: String?) -> [JSONMember] {
    pattern.map { [JSONMember("pattern", .string($0))] } ?? []
  }
}
