// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// The newest events, oldest first, never more than a limit. Kept in pieces, so that a copy that is changed copies one of
/// them and not all: the coordinator keeps the value from before each commit.
struct EventLog: Sendable {
  private static let pieceLength = 256

  /// All but the last are full.
  private var pieces: [[ClusterEvent]] = [[]]
  private let limit: Int

  init(events: [ClusterEvent], limit: Int) {
    self.limit = limit
    for event in events.suffix(limit) { append(event) }
  }

  var events: [ClusterEvent] { Array(pieces.joined().suffix(limit)) }

  mutating func append(_ event: ClusterEvent) {
    if pieces[pieces.count - 1].count == Self.pieceLength { pieces.append([]) }
    pieces[pieces.count - 1].append(event)
    // Without the oldest piece there is still enough.
    if (pieces.count - 2) * Self.pieceLength >= limit { pieces.removeFirst() }
  }

  func matching(_ filter: EventFilter) -> [ClusterEvent] {
    let found = events.filter(filter.admits)
    return filter.limit.map { Array(found.suffix($0)) } ?? found
  }
}
