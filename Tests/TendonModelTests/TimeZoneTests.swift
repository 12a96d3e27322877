// SPDX-License-Identifier: Apache-2.0

import TendonModel
import Testing

struct TimeZoneTests {
  private static func utc(_ year: Int, _ month: Int, _ day: Int, _ hour: Int = 0, _ minute: Int = 0)
    -> Int64
  {
    CivilTime(year: year, month: month, day: day, hour: hour, minute: minute).seconds
  }

  @Test(
    "Rules of POSIX hold on both sides of each change.",
    arguments: [
      ("CET-1CEST,M3.5.0,M10.5.0/3", utc(2026, 3, 29, 1), 3600, 7200),
      ("CET-1CEST,M3.5.0,M10.5.0/3", utc(2026, 10, 25, 1), 7200, 3600),
      ("EST5EDT,M3.2.0,M11.1.0", utc(2026, 3, 8, 7), -18_000, -14_400),
      ("EST5EDT,M3.2.0,M11.1.0", utc(2026, 11, 1, 6), -14_400, -18_000),
      // The southern summer goes over the turn of the year.
      ("AEST-10AEDT,M10.1.0,M4.1.0/3", utc(2026, 4, 4, 16), 39_600, 36_000),
      ("AEST-10AEDT,M10.1.0,M4.1.0/3", utc(2026, 10, 3, 16), 36_000, 39_600),
      // Half an hour of summer time.
      ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", utc(2026, 4, 4, 15), 39_600, 37_800),
      // Ireland: winter is what differs.
      ("IST-1GMT0,M10.5.0,M3.5.0/1", utc(2026, 3, 29, 1), 0, 3600),
      ("IST-1GMT0,M10.5.0,M3.5.0/1", utc(2026, 10, 25, 1), 3600, 0),
      // Negative hours: Godthab changed on the Saturday before.
      ("<-03>3<-02>,M3.5.0/-2,M10.5.0/-1", utc(2026, 3, 29, 1), -10_800, -7200),
      ("AAA0BBB,J60,300", utc(2028, 3, 1, 2), 0, 3600),
      ("AAA0BBB,59,J300", utc(2026, 3, 1, 2), 0, 3600),
    ])
  func posix(text: String, change: Int64, before: Int64, after: Int64) throws {
    let zone = try #require(PosixTimeZone(text))
    #expect(zone.offset(at: change - 1) == before)
    #expect(zone.offset(at: change) == after)
  }

  @Test("A fixed offset, and summer all year.")
  func fixed() throws {
    #expect(try #require(PosixTimeZone("<+0530>-5:30")).offset(at: 0) == 19_800)
    let always = try #require(PosixTimeZone("XXX3EDT4,0/0,J365/23"))
    for month in 1...12 { #expect(always.offset(at: Self.utc(2026, month, 15)) == -14_400) }
  }

  @Test(
    "What is no rule is none.",
    arguments: [
      "", "CE-1", "CET", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0",
      "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.0,M10.5.0/3x", "<+01-1", "CET-1CEST,J0,J1",
      "CET-1CEST,M3.5.7,M10.5.0",
    ])
  func noRule(text: String) { #expect(PosixTimeZone(text) == nil) }

  @Test("A moment that the clocks skip, and one they show twice, are told.")
  func instants() throws {
    let zone = TimeZoneRules(footer: try #require(PosixTimeZone("CET-1CEST,M3.5.0,M10.5.0/3")))
    func instants(_ month: Int, _ day: Int, _ hour: Int, _ minute: Int) -> TimeZoneRules.Instants {
      zone.instants(
        of: CivilTime(year: 2026, month: month, day: day, hour: hour, minute: minute))
    }
    #expect(instants(1, 1, 12, 0) == .once(Self.utc(2026, 1, 1, 11)))
    #expect(instants(7, 1, 12, 0) == .once(Self.utc(2026, 7, 1, 10)))
    #expect(instants(3, 29, 1, 59) == .once(Self.utc(2026, 3, 29, 0, 59)))
    #expect(instants(3, 29, 2, 0) == .never(next: Self.utc(2026, 3, 29, 1)))
    #expect(instants(3, 29, 2, 59) == .never(next: Self.utc(2026, 3, 29, 1)))
    #expect(instants(3, 29, 3, 0) == .once(Self.utc(2026, 3, 29, 1)))
    #expect(
      instants(10, 25, 2, 30)
        == .twice(first: Self.utc(2026, 10, 25, 0, 30), second: Self.utc(2026, 10, 25, 1, 30)))
    #expect(instants(10, 25, 3, 0) == .once(Self.utc(2026, 10, 25, 2)))
  }

  /// A TZif file of version 2: one transition from +0 to +1 at 1,000,000, then the footer.
  private static func file(
    footer: String = "CET-1", transition: Int64 = 1_000_000, type: UInt8 = 1, version: UInt8 = 50
  ) -> [UInt8] {
    func number(_ value: Int64, _ count: Int) -> [UInt8] {
      (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> Int64($0 * 8)) }
    }
    func block(_ words: Int) -> [UInt8] {
      var bytes = Array("TZif".utf8) + [version] + [UInt8](repeating: 0, count: 15)
      for count in [0, 0, 0, 1, 2, 4] as [Int64] { bytes += number(count, 4) }
      bytes += number(transition, words) + [type]
      bytes += number(0, 4) + [0, 0] + number(3600, 4) + [0, 0] + Array("LMT\0".utf8)
      return bytes
    }
    return version == 0 ? block(4) : block(4) + block(8) + Array("\n\(footer)\n".utf8)
  }

  @Test("A TZif file holds before, between and after its transitions.")
  func tzif() throws {
    let zone = try TimeZoneRules(tzif: Self.file(footer: "CET-1CEST,M3.5.0,M10.5.0/3"))
    #expect(zone.offset(at: 999_999) == 0)
    #expect(zone.offset(at: 1_000_000) == 3600)
    #expect(zone.offset(at: Self.utc(2026, 7, 1)) == 7200)
    let old = try TimeZoneRules(tzif: Self.file(version: 0))
    #expect(old.offset(at: Self.utc(2026, 7, 1)) == 3600)
  }

  @Test("A damaged TZif file is refused, wherever it is cut.")
  func damaged() {
    #expect(throws: TZifError.notTZif) { _ = try TimeZoneRules(tzif: Array("hello".utf8)) }
    let whole = Self.file()
    for count in 0..<whole.count - 8 {
      #expect(throws: TZifError.self) { _ = try TimeZoneRules(tzif: Array(whole.prefix(count))) }
    }
    #expect(throws: TZifError.self) { _ = try TimeZoneRules(tzif: Self.file(type: 2)) }
    #expect(throws: TZifError.self) { _ = try TimeZoneRules(tzif: Self.file(footer: "nonsense")) }
  }

  @Test("Slots are kept as ranges, whatever the order in which they come.")
  func slotSet() {
    var set = SlotSet()
    for slot in [5, 3, 4, 0, 9, 1, 2, 4] { set.insert(slot) }
    #expect(set.count == 7)
    #expect((0...10).filter(set.contains) == [0, 1, 2, 3, 4, 5, 9])
    var other = SlotSet()
    for slot in 0...5 { other.insert(slot) }
    other.insert(9)
    #expect(set == other)
  }
}
