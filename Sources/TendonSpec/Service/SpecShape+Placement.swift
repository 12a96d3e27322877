// SPDX-License-Identifier: Apache-2.0

import TendonModel

extension SpecShape {
  /// The keys of `PlacementRules` and the priority.
  static let placement: [Field] = [
    Field(
      "priority",
      "Where no host has room, instances of lower priority make some: 0 to 1000, or one of "
        + Priority.classes.map(\.name).joined(separator: ", ") + ".",
      byDefault: .string(Priority.normal.description), .written(TextRules.priority)),
    Field("placement", "Where instances may run, and would best run.", rules),
  ]

  private static let rules: Shape = .object(
    [
      Field(
        "constraints", "Conditions on the labels of a host, all of which must hold.",
        .list(of: .text(TextRules.labelTerm), hint: "write a list, such as [\"zone in (a, b)\"]")),
      Field(
        "policy",
        "balance loads hosts alike and keeps room for large instances, pack uses as few as possible; without it, the "
          + "cluster's.",
        .word(PlacementPolicy.allCases.map(\.rawValue))),
      Field(
        "spread", "Labels over whose values the instances are spread.",
        .list(of: spread, hint: "write a list, such as [{by: zone}]")),
      Field(
        "affinity", "What instances want to be near.",
        .list(of: affinity, hint: "write a list, such as [{service: db}]")),
      Field(
        "anti_affinity", "What instances want to be far from.",
        .list(of: affinity, hint: "write a list, such as [{service: batch, hard: true}]")),
      Field(
        "per_host", "The most instances of the service on one host; 1 is each on its own.",
        .integer(1...PlacementRules.largestPerHost)),
      Field(
        "tolerate", "Taints of hosts that it does not mind: KEY, KEY=VALUE or *.",
        .list(of: .text(TextRules.toleration), hint: "write a list, such as [gpu]")),
      Field(
        "gang", "A word: all services with the same one are placed all or none.",
        .text(TextRules.gang)),
      Field(
        "rebalance", "Whether instances may be moved only to balance the hosts' load.",
        byDefault: .boolean(true), .boolean),
    ], hint: "write {per_host: 1} or {spread: [{by: zone}]}")

  private static let spread: Shape = .object(
    [
      Field(
        "by", "The label whose values are spread over.", required: true, .text(TextRules.labelKey)),
      Field(
        "hard", "Whether an instance rather has no host than one that is out of step.",
        byDefault: .boolean(false), .boolean),
      Field(
        "shares", "How many parts each value gets; without it, all alike.",
        .map(
          keys: TextRules.any, values: .integer(0...1_000_000), hint: "write {a: 2, b: 1}")),
    ], hint: "write {by: zone}")

  private static let affinity: Shape = .object(
    [
      Field("service", "Its instances.", .text(TextRules.serviceName)),
      Field("hosts", "Hosts with this label.", .text(TextRules.labelTerm)),
      Field(
        "within", "The label whose equal values count as near; without it, the same host.",
        .text(TextRules.labelKey)),
      Field(
        "hard", "Whether an instance rather has no host than one against the rule.",
        byDefault: .boolean(false), .boolean),
      Field(
        "weight", "How much it counts where it is not hard.", byDefault: .number(50),
        .integer(1...AffinityRule.largestWeight)),
    ], hint: "write {service: db} or {hosts: \"disk = ssd\"}")
}

extension TextRules {
  static let labelTerm = rule(LabelTerm.expected) { text throws(QuantityError) in
    _ = try LabelTerm(text)
  }
  static let toleration = rule(Toleration.expected) { text throws(QuantityError) in
    _ = try Toleration(text)
  }
  static let priority = rule(Priority.expected) { text throws(QuantityError) in
    _ = try Priority(text)
  }

  static let gang = TextRule(
    expected: "a gang's name: lower-case letters, digits and '-'",
    pattern: "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", fault: NameRules.fault(in:))

  private static func rule(
    _ expected: String, _ parse: @escaping @Sendable (String) throws(QuantityError) -> Void
  ) -> TextRule {
    TextRule(expected: expected, pattern: nil) { text in
      do throws(QuantityError) {
        try parse(text)
        return nil
      } catch {
        return "is not \(expected)"
      }
    }
  }
}
