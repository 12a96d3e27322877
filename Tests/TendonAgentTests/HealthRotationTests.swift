// SPDX-License-Identifier: Apache-2.0
import TendonModel
import Testing

@testable import TendonAgent

@Suite("Which instances a heartbeat carries")
struct HealthRotationTests {
  private func readings(_ epochs: ClosedRange<UInt64>, changed: Set<UInt64> = [])
    -> [InstanceReading]
  {
    epochs.map { epoch in
      InstanceReading(
        health: InstanceHealth(
          epoch: Epoch(epoch), phase: .running, restarts: 0, cpuMilli: 0, memoryBytes: 0),
        isChanged: changed.contains(epoch))
    }
  }

  private func epochs(_ chosen: [InstanceHealth]) -> [UInt64] { chosen.map(\.epoch.rawValue) }

  @Test("When all fit, all are carried, and never more than the limit.")
  func limit() {
    var rotation = HealthRotation()
    #expect(rotation.choose(from: readings(1...5), sequence: 1, limit: 8).count == 5)
    #expect(rotation.choose(from: readings(1...20), sequence: 2, limit: 8).count == 8)
    #expect(rotation.choose(from: [], sequence: 3, limit: 8).isEmpty)
  }

  @Test("What doesn't fit has its turn with the next beats, all within the least number of them.")
  func turns() {
    var rotation = settled(1...20)
    var seen: [UInt64] = []
    for sequence in 100...104 as ClosedRange<UInt64> {
      seen += epochs(rotation.choose(from: readings(1...20), sequence: sequence, limit: 4))
    }
    #expect(seen.sorted() == Array(1...20))
  }

  @Test("An instance that changed goes first, again and again until its beat is acknowledged.")
  func news() {
    var rotation = settled(1...20)
    let first = rotation.choose(from: readings(1...20, changed: [13]), sequence: 100, limit: 4)
    #expect(epochs(first).first == 13)
    let lost = rotation.choose(from: readings(1...20), sequence: 101, limit: 4)
    #expect(epochs(lost).first == 13, "the beat before may have been lost")
    rotation.acknowledged(101)
    let later = rotation.choose(from: readings(1...20), sequence: 102, limit: 4)
    #expect(!epochs(later).contains(13))
  }

  @Test("An acknowledgement of an older state does not settle a newer change.")
  func changedAgain() {
    var rotation = settled(1...20)
    _ = rotation.choose(from: readings(1...20, changed: [13]), sequence: 100, limit: 4)
    _ = rotation.choose(from: readings(1...20, changed: [13]), sequence: 101, limit: 4)
    rotation.acknowledged(100)
    let next = rotation.choose(from: readings(1...20), sequence: 102, limit: 4)
    #expect(epochs(next).first == 13)
  }

  @Test("However many are news, a quarter of the room is kept for the rest.")
  func room() {
    var rotation = settled(1...40)
    let restless = Set<UInt64>(1...20)
    let chosen = epochs(
      rotation.choose(from: readings(1...40, changed: restless), sequence: 100, limit: 8))
    #expect(chosen.filter(restless.contains).count == 6)
    #expect(chosen.count == 8)
  }

  @Test("An instance that is gone is forgotten, and news when it comes back.")
  func gone() {
    var rotation = settled(1...20)
    _ = rotation.choose(from: readings(1...19), sequence: 100, limit: 4)
    let chosen = rotation.choose(from: readings(1...20), sequence: 101, limit: 4)
    #expect(epochs(chosen).first == 20)
  }

  /// A rotation to which nothing is news.
  private func settled(_ range: ClosedRange<UInt64>) -> HealthRotation {
    var rotation = HealthRotation()
    _ = rotation.choose(from: readings(range), sequence: 1, limit: 1000)
    rotation.acknowledged(1)
    return rotation
  }
}
