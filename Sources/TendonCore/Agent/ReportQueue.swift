// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// What the coordinator has not confirmed yet. One report is on its way at a time; what is said in a report
/// that was not answered is said again in the next.
package struct ReportQueue: Hashable, Sendable {
  /// The most changed statuses of one report.
  package static let largestBatch = 256

  private var sessionID: UInt32?
  private var sequence: UInt64 = 0
  private var needsComplete = false
  private var changed: Set<Epoch> = []
  private var removed: Set<Epoch> = []
  private var hasNewConditions = false
  private var sent: Sent?

  private struct Sent: Hashable, Sendable {
    var isComplete: Bool
    var hasConditions: Bool
    var statuses: Set<Epoch>
    var removed: Set<Epoch>
  }

  /// Whether something waits to be sent or confirmed.
  package var isEmpty: Bool { !hasNews && sent == nil }

  private var hasNews: Bool {
    needsComplete || hasNewConditions || !changed.isEmpty || !removed.isEmpty
  }

  /// A session begins: its first report is complete.
  package mutating func sessionOpened(_ id: UInt32) {
    takeBack()
    sessionID = id
    sequence = 0
    needsComplete = true
  }

  package mutating func sessionClosed() {
    takeBack()
    sessionID = nil
  }

  package mutating func statusChanged(_ epoch: Epoch) { changed.insert(epoch) }

  package mutating func conditionsChanged() { hasNewConditions = true }

  package mutating func placementRemoved(_ epoch: Epoch) { removed.insert(epoch) }

  /// Whether something of the placement still has to be told or confirmed.
  func concerns(_ epoch: Epoch) -> Bool {
    changed.contains(epoch) || removed.contains(epoch)
      || sent.map { $0.statuses.contains(epoch) || $0.removed.contains(epoch) } ?? false
  }

  /// The coordinator has confirmed the report with this number.
  package mutating func delivered(session: UInt32, sequence: UInt64) {
    guard session == sessionID, sequence == self.sequence else { return }
    sent = nil
  }

  /// The report was not confirmed; it may have arrived all the same.
  package mutating func failed(session: UInt32, sequence: UInt64) {
    guard session == sessionID, sequence == self.sequence else { return }
    takeBack()
  }

  private mutating func takeBack() {
    guard let sent else { return }
    needsComplete = needsComplete || sent.isComplete
    hasNewConditions = hasNewConditions || sent.hasConditions
    changed.formUnion(sent.statuses)
    removed.formUnion(sent.removed)
    self.sent = nil
  }

  /// - Parameter statuses: the status of one placement (empty when it is gone), or of all for nil.
  mutating func next(
    appliedRevision: Revision, conditions: [String: String],
    statuses: (Epoch?) -> [PlacementStatus]
  ) -> AgentReport? {
    guard let sessionID, sent == nil, hasNews else { return nil }
    let isComplete = needsComplete
    let batch = isComplete ? changed : Set(changed.sorted().prefix(Self.largestBatch))
    let told =
      isComplete ? statuses(nil) : batch.union(removed).sorted().flatMap { statuses($0) }
    let hasConditions = isComplete || hasNewConditions
    sent = Sent(
      isComplete: isComplete, hasConditions: hasConditions, statuses: batch, removed: removed)
    sequence += 1
    let report = AgentReport(
      sessionID: sessionID, sequence: sequence, appliedRevision: appliedRevision,
      isComplete: isComplete, statuses: told, removed: removed.sorted(),
      conditions: hasConditions ? conditions : nil)
    needsComplete = false
    hasNewConditions = false
    changed.subtract(batch)
    removed = []
    return report
  }
}
