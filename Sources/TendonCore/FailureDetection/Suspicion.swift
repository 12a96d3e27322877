// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// What was tried to reach a silent host since it is late, and what came of it.
struct Suspicion: Sendable {
  struct Try: Sendable {
    var token: UInt64
    var at: MonotonicTime
    var pings: Bool
    var asksKernel: Bool
    var peers: [HostID]
    /// The peers that said that they sent it on.
    var confirmed: [HostID] = []
  }

  struct Sign: Sendable {
    var at: MonotonicTime
    /// nil is the coordinator.
    var via: HostID?
  }

  /// What is known of why it is silent, from the least to the most telling.
  enum Finding: Int, Comparable, Sendable {
    case silent, announced, agentEnded, agentHangs, pathBroken

    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  }

  /// The most tries that are remembered: at ten a second more than any verdict needs.
  private static let mostTries = 64

  var lateSince: MonotonicTime
  /// nil while it is only late.
  var suspectSince: MonotonicTime?
  var nextTryAt: MonotonicTime
  var finding = Finding.silent
  var tries: [Try] = []
  /// How many were made, which also chooses the next peers.
  var round = 0
  /// The last answer of its agent, to a peer.
  var agentSign: Sign?
  var kernelSign: Sign?

  init(lateSince: MonotonicTime) {
    self.lateSince = lateSince
    nextTryAt = lateSince
  }

  mutating func add(_ new: Try) {
    tries.append(new)
    if tries.count > Self.mostTries { tries.removeFirst(tries.count - Self.mostTries) }
    round += 1
  }

  mutating func confirm(_ token: UInt64, by peer: HostID) {
    guard let index = tries.firstIndex(where: { $0.token == token }),
      tries[index].peers.contains(peer), !tries[index].confirmed.contains(peer)
    else { return }
    tries[index].confirmed.append(peer)
  }

  mutating func couldNotSend(_ token: UInt64) {
    guard let index = tries.firstIndex(where: { $0.token == token }) else { return }
    tries[index].pings = false
    tries[index].asksKernel = false
  }

  /// Somebody besides the coordinator has looked since the host is suspect.
  var hasWitness: Bool { tries.contains { !$0.confirmed.isEmpty } }

  var witnesses: Set<HostID> { Set(tries.flatMap(\.confirmed)) }

  /// The last time that anything answered.
  var lastSignAt: MonotonicTime? {
    [agentSign?.at, kernelSign?.at].compactMap { $0 }.max()
  }

  /// How likely no try would have been answered if the agent lived, at an independent loss each way: a ping and its
  /// answer pass one way each, those through a peer also the peer's way back.
  /// - Parameter before: only tries that old count.
  func chanceOfAgent(loss: Double, before: MonotonicTime) -> Double {
    chance(loss, since: agentSign?.at, before, \.pings)
  }

  /// The same for its kernel.
  func chanceOfKernel(loss: Double, before: MonotonicTime) -> Double {
    chance(loss, since: kernelSign?.at, before, \.asksKernel)
  }

  private func chance(
    _ loss: Double, since: MonotonicTime?, _ before: MonotonicTime, _ isMade: (Try) -> Bool
  ) -> Double {
    let arrives = 1 - loss
    let direct = 1 - arrives * arrives
    let indirect = 1 - arrives * arrives * arrives
    var chance = 1.0
    for attempt in tries where attempt.at <= before && isMade(attempt) {
      if let since, attempt.at <= since { continue }
      chance *= direct
      for _ in attempt.confirmed { chance *= indirect }
    }
    return chance
  }

  /// The coordinator was not listening for a while: what it did not hear then says nothing.
  mutating func excuse(_ gap: Duration, now: MonotonicTime) {
    lateSince = min(now, lateSince + gap)
    suspectSince = suspectSince.map { min(now, $0 + gap) }
    agentSign = agentSign.map { Sign(at: min(now, $0.at + gap), via: $0.via) }
    kernelSign = kernelSign.map { Sign(at: min(now, $0.at + gap), via: $0.via) }
    nextTryAt = now
    tries = []
  }
}
