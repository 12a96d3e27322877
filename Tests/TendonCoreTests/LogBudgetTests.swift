// SPDX-License-Identifier: Apache-2.0
import TendonCore
import TendonModel
import Testing

@Suite struct LogBudgetTests {
  private func file(_ epoch: UInt64, _ stream: LogRequest.Stream, _ bytes: Int64)
    -> LogBudget.File
  { LogBudget.File(epoch: Epoch(epoch), stream: stream, bytes: bytes) }

  @Test("What fits stays as it is.")
  func fits() {
    let files = [file(1, .stdout, 10), file(2, .stdout, 50), file(2, .stderr, 40)]
    #expect(Set(LogBudget.kept(of: files, within: 100)) == Set(files))
  }

  @Test(
    "The newest placement comes first, a quarter is left to older ones, the newest of them first.")
  func shares() {
    let files = [file(1, .stdout, 100), file(2, .stdout, 100), file(3, .stdout, 500)]
    #expect(
      Set(LogBudget.kept(of: files, within: 200))
        == [file(3, .stdout, 150), file(2, .stdout, 50), file(1, .stdout, 0)])
  }

  @Test("What the newest does not need is the older ones'.")
  func rest() {
    let files = [file(1, .stdout, 100), file(2, .stdout, 30)]
    #expect(
      Set(LogBudget.kept(of: files, within: 100)) == [file(2, .stdout, 30), file(1, .stdout, 70)])
  }

  @Test("A stream has half of its placement's space, and what the other leaves.")
  func streams() {
    #expect(
      Set(LogBudget.kept(of: [file(1, .stdout, 900), file(1, .stderr, 10)], within: 100))
        == [file(1, .stdout, 90), file(1, .stderr, 10)])
    #expect(
      Set(LogBudget.kept(of: [file(1, .stdout, 900), file(1, .stderr, 800)], within: 100))
        == [file(1, .stdout, 50), file(1, .stderr, 50)])
  }

  @Test("The sum never exceeds the space, and nothing grows.", arguments: 1...200)
  func bounds(seed: Int) {
    var state = UInt64(seed)
    func random(_ limit: UInt64) -> Int64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int64(state >> 33) % Int64(limit)
    }
    let files = (0..<random(5) + 1).flatMap { epoch in
      [file(UInt64(epoch), .stdout, random(1000)), file(UInt64(epoch), .stderr, random(1000))]
    }
    let space = random(2000) + 1
    let kept = LogBudget.kept(of: files, within: space)
    #expect(kept.reduce(0) { $0 + $1.bytes } <= space)
    #expect(kept.count == files.count)
    for file in kept {
      let before = files.first { $0.epoch == file.epoch && $0.stream == file.stream }
      #expect(file.bytes >= 0 && file.bytes <= before?.bytes ?? -1)
    }
  }

  @Test("A file is looked at again before it can have used up what is left, within bounds.")
  func pace() {
    #expect(LogPace.next(grown: 1, in: nil, headroom: 1000) == LogPace.hasty)
    #expect(LogPace.next(grown: 10, in: .seconds(1), headroom: 1_000_000) == .seconds(1))
    #expect(LogPace.next(grown: 1000, in: .seconds(1), headroom: 1000) == .milliseconds(500))
    #expect(LogPace.next(grown: 1 << 30, in: .seconds(1), headroom: 1000) == LogPace.hasty)
    #expect(LogPace.next(grown: 1000, in: .seconds(1), headroom: -5) == LogPace.hasty)
  }
}
