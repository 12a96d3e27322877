// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// When it is time to see whether hosts should be balanced, unasked.
struct BalanceWatch: Sendable {
  /// How often hosts are looked at.
  static let interval = Duration.seconds(5)
  /// Nothing is planned before hosts have stayed as they are for so long: what is away for a moment comes back.
  static let calm = Duration.seconds(10)
  /// After a look that came to nothing, unless hosts change.
  static let rest = Duration.seconds(60)
  /// What could not be moved within this time stays where it is.
  static let patience = Duration.seconds(60)

  private var nextLook: MonotonicTime?
  private var hostChanges: Int?
  private var changedAt: MonotonicTime?
  private var restsUntil: MonotonicTime?
  private var plannedAt: MonotonicTime?

  /// Whether it is time to look at anything at all.
  mutating func looks(now: MonotonicTime) -> Bool {
    guard nextLook.map({ $0 <= now }) ?? true else { return false }
    nextLook = now + Self.interval
    return true
  }

  /// Whether a plan may be made.
  /// - Parameter changes: changes whenever hosts come, go, open or close.
  mutating func mayPlan(hostChanges changes: Int, now: MonotonicTime) -> Bool {
    if changes != hostChanges {
      hostChanges = changes
      changedAt = now
      restsUntil = nil
    }
    if let changedAt, now - changedAt < Self.calm { return false }
    return restsUntil.map { $0 <= now } ?? true
  }

  mutating func foundNothing(now: MonotonicTime) { restsUntil = now + Self.rest }

  mutating func planned(now: MonotonicTime) { plannedAt = now }

  /// Whether the plan that is carried out takes too long.
  func isStuck(now: MonotonicTime) -> Bool {
    plannedAt.map { now - $0 > Self.patience } ?? false
  }
}
