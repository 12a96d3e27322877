// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// The newest events, oldest first, never more than a limit.
struct EventLog: Sendable {
  private(set) var events: [ClusterEvent]
  private let limit: Int

  init(events: [ClusterEvent], limit: Int) {
    self.events = Array(events.suffix(limit))
    self.limit = limit
  }

  mutating func append(_ event: ClusterEvent) {
    events.append(event)
    // Cut in large pieces: a removal at the front moves everything behind it.
    if events.count > limit + limit / 4 + 1 { events.removeFirst(events.count - limit) }
  }

  func matching(_ filter: EventFilter) -> [ClusterEvent] {
    let found = events.suffix(limit).filter(filter.admits)
    return filter.limit.map { Array(found.suffix($0)) } ?? found
  }
}
