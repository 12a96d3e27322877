// SPDX-License-Identifier: Apache-2.0

/// How long an instance waits before it is started again.
package struct BackoffSettings: Hashable, Sendable, Codable {
  /// Before the first restart; it doubles with each end in a row. Zero starts again at once, always.
  package var delay: Span
  /// The most between two starts.
  package var longest: Span
  /// A run of this length makes the next wait the first one again.
  package var healthyAfter: Span

  enum CodingKeys: String, CodingKey {
    case delay, longest
    case healthyAfter = "healthy_after"
  }

  package init(
    delay: Span = Span(milliseconds: 100), longest: Span = .seconds(30),
    healthyAfter: Span = .seconds(60)
  ) {
    self.delay = delay
    self.longest = longest
    self.healthyAfter = healthyAfter
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let standard = BackoffSettings()
    delay = try values.decodeIfPresent(Span.self, forKey: .delay) ?? standard.delay
    longest = try values.decodeIfPresent(Span.self, forKey: .longest) ?? standard.longest
    healthyAfter =
      try values.decodeIfPresent(Span.self, forKey: .healthyAfter) ?? standard.healthyAfter
  }
}
