// SPDX-License-Identifier: Apache-2.0

import TendonModel

extension SpecShape {
  /// The key of `BudgetSettings`.
  static let disruption = Field(
    "disruption",
    "How many instances may be unavailable at once because of drains, roll-outs and whatever else is done on purpose; "
      + "a number, or a percentage of all. Without it, as many as those have to stop.",
    .object(
      [
        Field("max_unavailable", "At most so many are unavailable then.", share),
        Field("min_available", "At least so many are available then.", share),
      ], hint: "write {max_unavailable: 1} or {min_available: 2}"))

  private static let share: Shape = .choice([
    .integer(0...ServiceSpec.largestReplicas), .text(TextRules.percentage),
  ])
}

extension TextRules {
  static let percentage = TextRule(
    expected: ReplicaShare.expected, pattern: ReplicaShare.pattern
  ) { ReplicaShare(percentage: $0) != nil }
}
