// SPDX-License-Identifier: Apache-2.0

/// A set of slot numbers, kept as ranges: what is done of a job of 10,000 completions is a few numbers in its record.
package struct SlotSet: Hashable, Sendable {
  /// In ascending order, with gaps between them.
  private var ranges: [ClosedRange<Int>] = []

  package init() {}

  package var count: Int { ranges.reduce(0) { $0 + $1.count } }

  package func contains(_ slot: Int) -> Bool { ranges.contains { $0.contains(slot) } }

  package mutating func insert(_ slot: Int) {
    guard !contains(slot) else { return }
    var merged = slot...slot
    ranges.removeAll { range in
      guard range.upperBound + 1 >= merged.lowerBound, range.lowerBound - 1 <= merged.upperBound
      else { return false }
      merged =
        min(range.lowerBound, merged.lowerBound)...max(range.upperBound, merged.upperBound)
      return true
    }
    ranges.insert(
      merged, at: ranges.firstIndex { $0.lowerBound > merged.upperBound } ?? ranges.count)
  }
}

extension SlotSet: Codable {
  /// As a list of first and last slots, one after the other.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let ends = try container.decode([Int].self)
    let isOrdered = zip(ends, ends.dropFirst()).allSatisfy { $0 <= $1 }
    guard ends.count.isMultiple(of: 2), isOrdered else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "slots must be pairs of ascending numbers")
    }
    ranges = stride(from: 0, to: ends.count, by: 2).map { ends[$0]...ends[$0 + 1] }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(ranges.flatMap { [$0.lowerBound, $0.upperBound] })
  }
}
