// SPDX-License-Identifier: Apache-2.0

import Foundation
import TendonModel
import Testing

struct QuantityTests {
  @Test(
    "Amounts of bytes are read exactly.",
    arguments: [
      ("0", 0), ("4096", 4096), ("64Mi", 67_108_864), ("64MiB", 67_108_864),
      ("1.5Gi", 1_610_612_736),
      ("2G", 2_000_000_000), ("1k", 1000), ("1K", 1000), ("1Ki", 1024), ("10B", 10),
      // 1.1 * 2^30 = 1181116006.4: rounded up, not through binary floating point.
      ("1.1Gi", 1_181_116_007), ("0.1Ki", 103), ("0.5", 1), ("0.0000000000000000001", 0),
      ("1Pi", 1 << 50), ("9223372036854775807", Int64.max),
      ("0.999999999999999999Pi", (1 << 50)),
    ])
  func bytes(text: String, value: Int64) throws {
    #expect(try Bytes(text) == Bytes(value))
  }

  @Test(
    "What is no amount of bytes is refused, with what would be one.",
    arguments: [
      "", "-1", "+1", ".5", "1.", "1.2.3", "Mi", "1mi", "1M i", " 1", "1 ", "1e3", "0x10", "1_000",
      "9223372036854775808", "9000Pi", "99999999999999999999", "1\n", "١", "max",
    ])
  func noBytes(text: String) {
    #expect(throws: QuantityError(text: text, expected: Bytes.expected)) { try Bytes(text) }
  }

  @Test(
    "CPU is read in thousandths, finer fractions rounded up.",
    arguments: [
      ("0", 0), ("2", 2000), ("250m", 250), ("1.5", 1500), ("0.1", 100), ("0.0001", 1),
      ("0.0011", 2), ("64", 64_000),
    ])
  func cpu(text: String, value: Int64) throws {
    #expect(try MilliCPU(text) == MilliCPU(value))
  }

  @Test(
    "What is no amount of CPU is refused.", arguments: ["", "1.5m", "-1", "1M", "m", "1 m", "2c"])
  func noCPU(text: String) {
    #expect(throws: QuantityError.self) { try MilliCPU(text) }
  }

  @Test(
    "Rates may carry /s.",
    arguments: [("10MB/s", 10_000_000), ("10M", 10_000_000), ("1Ki/s", 1024), ("5B/s", 5)])
  func rates(text: String, value: Int64) throws {
    #expect(try ByteRate(text) == ByteRate(value))
  }

  @Test("What is no rate is refused.", arguments: ["10MB/h", "/s", "10MB/s/s", "-1/s"])
  func noRate(text: String) {
    #expect(throws: QuantityError(text: text, expected: ByteRate.expected)) { try ByteRate(text) }
  }

  @Test(
    "Times need a unit.",
    arguments: [
      ("500ms", 500), ("10s", 10_000), ("1.5s", 1500), ("5m", 300_000), ("2h", 7_200_000),
      ("1d", 86_400_000), ("0.1ms", 1),
    ])
  func spans(text: String, value: Int64) throws {
    #expect(try Span(text) == Span(milliseconds: value))
  }

  @Test("What is no time is refused.", arguments: ["", "10", "s", "-1s", "1w", "1e9s"])
  func noSpan(text: String) {
    #expect(throws: QuantityError.self) { try Span(text) }
  }

  static let values: [Int64] = [
    0, 1, 999, 1000, 1001, 1024, 1500, 59_999, 60_000, 86_400_000, 1 << 20, (1 << 20) + 1, 1 << 40,
    1_000_000_000, 1 << 60, .max,
  ]

  @Test("A quantity's text reads back as the same value.", arguments: values)
  func roundTrip(value: Int64) throws {
    #expect(try Bytes(Bytes(value).description) == Bytes(value))
    #expect(try ByteRate(ByteRate(value).description) == ByteRate(value))
    #expect(try MilliCPU(MilliCPU(value).description) == MilliCPU(value))
    #expect(try Span(Span(milliseconds: value).description) == Span(milliseconds: value))
  }

  @Test("The texts accepted are those of the pattern.", arguments: ["1", "1.5Gi", "1kB", "1KiB"])
  func pattern(text: String) throws {
    #expect(text.contains(try Regex(Bytes.pattern)))
    #expect(throws: Never.self) { try Bytes(text) }
  }

  @Test("A limit is a value or max, as text and as JSON.")
  func limits() throws {
    #expect(try Limit<Bytes>("max") == .max)
    #expect(try Limit<Bytes>("1Ki") == .value(Bytes(1024)))
    #expect(throws: QuantityError.self) { try Limit<Bytes>("none") }
    #expect(Limit.value(Bytes(1 << 60)) < .max)
    #expect(!(Limit<Bytes>.max < .max))
    let limits: [Limit<MilliCPU>] = [.max, .value(MilliCPU(250))]
    let data = try JSONEncoder().encode(limits)
    #expect(String(decoding: data, as: UTF8.self) == #"["max","250m"]"#)
    #expect(try JSONDecoder().decode([Limit<MilliCPU>].self, from: data) == limits)
    let pids = try JSONDecoder().decode([Limit<Int>].self, from: Data(#"[5,"max"]"#.utf8))
    #expect(pids == [.value(5), .max])
    #expect(throws: (any Error).self) {
      try JSONDecoder().decode([Limit<MilliCPU>].self, from: Data(#"["fast"]"#.utf8))
    }
  }
}
