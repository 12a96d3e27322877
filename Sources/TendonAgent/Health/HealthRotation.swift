// SPDX-License-Identifier: Apache-2.0
package import TendonModel

/// Chooses which instances a heartbeat carries when not all fit: news first, the rest in turn.
///
/// News stays news until a beat that carried it was acknowledged, since any datagram may be lost. A quarter of
/// the room is kept for the rest, so that a few restless instances can't hide the others.
package struct HealthRotation: Sendable {
  private struct Entry {
    /// The beat that last carried it; 0 before the first.
    var lastCarried: UInt64 = 0
    /// The first beat that could tell of its newest change; nil once such a beat was acknowledged.
    var newsSince: UInt64?
  }

  /// How many beats back an acknowledgement still counts.
  private static let memory: UInt64 = 64

  private var entries: [Epoch: Entry] = [:]
  private var carried: [UInt64: [Epoch]] = [:]

  package init() {}

  /// The instances for the beat `sequence`, at most `limit`. An instance not seen before is news.
  package mutating func choose(
    from readings: [InstanceReading], sequence: UInt64, limit: Int
  ) -> [InstanceHealth] {
    note(readings, sequence: sequence)
    let (news, rest) = inTurn(readings)
    let kept = min(rest.count, limit / 4)
    let newsCount = min(news.count, limit - kept)
    let chosen = news.prefix(newsCount) + rest.prefix(limit - newsCount)
    for health in chosen { entries[health.epoch]?.lastCarried = sequence }
    carried[sequence] = chosen.map(\.epoch)
    if sequence > Self.memory { carried[sequence - Self.memory] = nil }
    return Array(chosen)
  }

  /// The coordinator has the beat `sequence`: what it carried is no longer news, unless it changed since.
  package mutating func acknowledged(_ sequence: UInt64) {
    for epoch in carried.removeValue(forKey: sequence) ?? [] {
      guard let since = entries[epoch]?.newsSince, since <= sequence else { continue }
      entries[epoch]?.newsSince = nil
    }
  }

  private mutating func note(_ readings: [InstanceReading], sequence: UInt64) {
    for reading in readings {
      let epoch = reading.health.epoch
      if entries[epoch] == nil || reading.isChanged {
        entries[epoch, default: Entry()].newsSince = sequence
      }
    }
    // Some are gone.
    guard entries.count > readings.count else { return }
    let here = Set(readings.map(\.health.epoch))
    entries = entries.filter { here.contains($0.key) }
  }

  /// News and the rest, each with those first that were not carried for longest.
  private func inTurn(
    _ readings: [InstanceReading]
  ) -> (news: [InstanceHealth], rest: [InstanceHealth]) {
    var news: [(turn: UInt64, health: InstanceHealth)] = []
    var rest: [(turn: UInt64, health: InstanceHealth)] = []
    for reading in readings {
      guard let entry = entries[reading.health.epoch] else { continue }
      if entry.newsSince != nil {
        news.append((entry.lastCarried, reading.health))
      } else {
        rest.append((entry.lastCarried, reading.health))
      }
    }
    news.sort { ($0.turn, $0.health.epoch) < ($1.turn, $1.health.epoch) }
    rest.sort { ($0.turn, $0.health.epoch) < ($1.turn, $1.health.epoch) }
    return (news.map(\.health), rest.map(\.health))
  }
}
