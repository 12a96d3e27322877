// SPDX-License-Identifier: Apache-2.0
import TendonModel

/// A time, or how long from now it is.
enum MomentArgument: Hashable {
  case after(Span)
  case at(Timestamp)

  /// A hundred years.
  private static let longest = Span.seconds(100 * 365 * 86_400)

  init(_ text: String) throws {
    if let time = Timestamp(text) {
      self = .at(time)
      return
    }
    // What is wrong with it as one of the two says less than what would be right.
    guard let span = try? Span(text), span <= Self.longest else {
      throw QuantityError(
        text: text,
        expected: "a time such as 2026-12-24T08:00:00Z, or how long from now, such as 2h")
    }
    self = .after(span)
  }

  func time(now: Timestamp) -> Timestamp {
    switch self {
    case .at(let time): time
    case .after(let span):
      Timestamp(millisecondsSinceEpoch: now.millisecondsSinceEpoch + span.milliseconds)
    }
  }
}
