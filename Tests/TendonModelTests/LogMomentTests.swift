// SPDX-License-Identifier: Apache-2.0
import Foundation
import TendonModel
import Testing

@Suite struct LogMomentTests {
  @Test(
    "A time in RFC 3339 is read as the moment that it is.",
    arguments: [
      ("1970-01-01T00:00:00Z", 0), ("2026-01-31T15:04:05Z", 1_769_871_845_000),
      ("2026-01-31T15:04:05.25Z", 1_769_871_845_250),
      ("2026-01-31T16:04:05+01:00", 1_769_871_845_000),
      ("2024-02-29", 1_709_164_800_000), ("1969-12-31T23:59:59Z", -1000),
    ] as [(String, Int64)])
  func times(text: String, milliseconds: Int64) {
    #expect(Timestamp(text)?.millisecondsSinceEpoch == milliseconds)
  }

  @Test(
    "What is written of a time is read as the same.",
    arguments: [0, 951_782_400_123, 4_102_444_800_999])
  func roundTrip(milliseconds: Int64) {
    let time = Timestamp(millisecondsSinceEpoch: milliseconds)
    #expect(Timestamp(time.description) == time)
  }

  @Test(
    "Anything else is refused, and both forms are named.",
    arguments: [
      "", "soon", "2026-13-01", "2026-01-01T25:00:00Z", "2026-01-01T10:00:00", "10 m", "-5s",
    ])
  func refused(text: String) {
    do throws(QuantityError) {
      _ = try LogMoment(text)
      Issue.record("\(text) was taken")
    } catch {
      #expect(error.description.contains("10m") && error.description.contains("RFC 3339"))
    }
  }

  @Test("A length of time is before now.")
  func ago() throws {
    let now = Timestamp(millisecondsSinceEpoch: 100_000)
    #expect(try LogMoment("10s").time(now: now) == Timestamp(millisecondsSinceEpoch: 90_000))
  }
}

@Suite struct LogSettingsTests {
  @Test("A record without the section has its defaults, and defaults are not written.")
  func older() throws {
    #expect(try JSONDecoder().decode(LogSettings.self, from: Data("{}".utf8)) == LogSettings())
    #expect(String(decoding: try JSONEncoder().encode(LogSettings()), as: UTF8.self) == "{}")
    let own = LogSettings(target: .journald, maxSize: .mebibytes(5), keep: 9)
    #expect(try JSONDecoder().decode(LogSettings.self, from: try JSONEncoder().encode(own)) == own)
    let old = try JSONDecoder().decode(
      LogRequest.self, from: Data(#"{"stream":"stderr","tailLines":5,"follow":true}"#.utf8))
    #expect(old == LogRequest(stream: .stderr, tailLines: 5, follow: true))
  }

  @Test("Another place needs a new process, another size does not.")
  func newProcesses() {
    let files = LogSettings()
    #expect(!LogSettings(maxSize: .mebibytes(1), keep: 1).needsNewProcesses(comparedTo: files))
    #expect(LogSettings(target: .journald).needsNewProcesses(comparedTo: files))
  }
}
