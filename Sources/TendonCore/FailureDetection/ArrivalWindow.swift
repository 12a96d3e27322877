// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// When the next heartbeat is expected, how far arrivals stray from that, and how many are lost.
///
/// The estimate is NFD-E's (Chen, Toueg, Aguilera, "On the Quality of Service of Failure Detectors", IEEE Transactions
/// on Computers 51(5), 2002, 6.2): the mean of the last arrivals, each less its own send time, plus the next send time.
/// Send times are the sender's own, which beats carry, and not its numbers times the interval: an agent that was stopped
/// leaves beats out without a gap in its numbers. The two clocks need no common zero, only about the same speed.
struct ArrivalWindow: Sendable {
  private struct Arrival: Sendable {
    var sequence: UInt64
    /// The sequence without what went missing in outages: what loss is counted by.
    var place: UInt64
    /// Arrival less send time, less `base`: the delay, but for a constant. Nanoseconds.
    var delay: Int64
  }

  /// An arrival that strays by more than this is a jump of a clock (a suspended machine), after which the past says
  /// nothing.
  private static let longestStray: Int64 = 1_000_000_000
  /// With fewer, the loss is not judged.
  private static let leastForLoss = 8
  /// So many missing in a row are an outage, which is judged by its silence, and not loss: a host that came back would
  /// otherwise be given longer the next time. At 30 % loss one in 15,000 beats is followed by as many lost by chance.
  private static let outage: UInt64 = 8
  /// Loss is also looked at over this many, so that its onset shows soon.
  private static let shortWindow = 16

  private let capacity: Int
  /// Ascending by sequence.
  private var arrivals: [Arrival] = []
  private var base: Int64 = 0
  private var sum: Int64 = 0
  private var newestArrival: MonotonicTime?
  /// Smoothed mean deviation of arrivals from what was expected: RTTVAR of RFC 6298, 2. Nanoseconds.
  private var deviation: Int64 = 0

  init(capacity: Int) { self.capacity = max(1, capacity) }

  var count: Int { arrivals.count }

  var newestSequence: UInt64? { arrivals.last?.sequence }

  var jitter: Duration { .nanoseconds(deviation) }

  /// Takes an arrival; one that was overtaken by newer ones only counts as not lost.
  mutating func note(sequence: UInt64, sentAt: MonotonicTime, at: MonotonicTime) {
    // Wrapping: what a host says of its clock must not be able to trap.
    let offset = at.nanoseconds &- sentAt.nanoseconds
    guard let newest = arrivals.last else { return restart(sequence, offset, at) }
    guard sequence > newest.sequence else { return noteOvertaken(sequence) }
    let delay = offset &- base
    let stray = delay &- mean
    guard stray > -Self.longestStray, stray < Self.longestStray else {
      return restart(sequence, offset, at)
    }
    deviation += (abs(stray) - deviation) / 4
    let missing = sequence - newest.sequence - 1
    let place = newest.place + 1 + (missing < Self.outage ? missing : 0)
    arrivals.append(Arrival(sequence: sequence, place: place, delay: delay))
    sum += delay
    newestArrival = at
    if arrivals.count > capacity { sum -= arrivals.removeFirst().delay }
  }

  /// When the beat after the newest one should come; nil before the first.
  func expected(interval: Duration) -> MonotonicTime? {
    guard let newestArrival, let newest = arrivals.last else { return nil }
    return newestArrival + interval + .nanoseconds(mean - newest.delay)
  }

  /// The part of the beats that did not come, 0 to 1: the worse of all that is remembered and the last few.
  var loss: Double { max(loss(ofLast: capacity), loss(ofLast: Self.shortWindow)) }

  private func loss(ofLast count: Int) -> Double {
    guard arrivals.count >= Self.leastForLoss else { return 0 }
    let part = arrivals.suffix(count)
    let sent = Double(part.last!.place - part.first!.place) + 1
    return max(0, 1 - Double(part.count) / sent)
  }

  private var mean: Int64 { arrivals.isEmpty ? 0 : sum / Int64(arrivals.count) }

  private mutating func restart(_ sequence: UInt64, _ offset: Int64, _ at: MonotonicTime) {
    base = offset
    sum = 0
    arrivals = [Arrival(sequence: sequence, place: 0, delay: 0)]
    newestArrival = at
  }

  private mutating func noteOvertaken(_ sequence: UInt64) {
    guard let first = arrivals.first, sequence > first.sequence,
      let index = arrivals.firstIndex(where: { $0.sequence >= sequence }),
      arrivals[index].sequence != sequence
    else { return }
    let next = arrivals[index]
    let back = next.sequence - sequence
    // Of an outage: not missed, as the others of it.
    guard back < next.place - arrivals[index - 1].place else { return }
    // With the mean's delay: its own would tell of the detour.
    arrivals.insert(Arrival(sequence: sequence, place: next.place - back, delay: mean), at: index)
    sum += arrivals[index].delay
    if arrivals.count > capacity { sum -= arrivals.removeFirst().delay }
  }
}
