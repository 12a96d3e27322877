// SPDX-License-Identifier: Apache-2.0

import TendonModel
import Testing

struct TimestampTests {
  @Test(
    "A timestamp reads as RFC 3339.",
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
      (951_782_400_000, "2000-02-29T00:00:00.000Z"), (951_868_799_999, "2000-02-29T23:59:59.999Z"),
      (1_709_251_199_005, "2024-02-29T23:59:59.005Z"),
      (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
      (1_767_225_600_000, "2026-01-01T00:00:00.000Z"),
    ])
  func text(milliseconds: Int64, text: String) {
    #expect(Timestamp(millisecondsSinceEpoch: milliseconds).description == text)
  }
}
