// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// What is to happen, by true time; of two at one time that which was asked for first. A binary heap of numbers, with the
/// events, which are large, beside it.
struct EventQueue {
  private struct Entry {
    var at: MonotonicTime
    var number: UInt64
    /// Where its event is.
    var place: Int

    func isBefore(_ other: Entry) -> Bool {
      at.nanoseconds == other.at.nanoseconds
        ? number < other.number : at.nanoseconds < other.at.nanoseconds
    }
  }

  private var heap: [Entry] = []
  private var numbers: UInt64 = 0
  private var events: [World.Event?] = []
  private var freePlaces: [Int] = []

  mutating func add(_ event: World.Event, at time: MonotonicTime) {
    numbers += 1
    let place = freePlaces.popLast() ?? events.count
    if place == events.count { events.append(event) } else { events[place] = event }
    heap.append(Entry(at: time, number: numbers, place: place))
    var child = heap.count - 1
    while child > 0, heap[child].isBefore(heap[(child - 1) / 2]) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func next() -> (at: MonotonicTime, event: World.Event)? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      sink()
    }
    freePlaces.append(first.place)
    return events[first.place].take().map { (first.at, $0) }
  }

  private mutating func sink() {
    var parent = 0
    while true {
      var least = parent
      for child in 2 * parent + 1...2 * parent + 2
      where child < heap.count && heap[child].isBefore(heap[least]) { least = child }
      if least == parent { return }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}
