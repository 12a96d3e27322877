// SPDX-License-Identifier: Apache-2.0
package import TendonModel

/// How the coordinator's state survives it. One coordinator uses one store at a time.
///
/// Every implementation passes the same contract suite (`StoreContract` in the tests).
package protocol Store: Sendable {
  /// Everything that was committed; an empty state from a new store.
  func load() async throws(StoreError) -> StoredState

  /// Makes all of `commit` durable before it returns, or throws and changes nothing. Commits that are
  /// made at the same time run one after the other. Putting what is there replaces it; removing what
  /// is not there does nothing. Cancelling the calling task does not interrupt it.
  /// - Throws: `StoreError.staleRevision` when the revision is not higher than the stored one,
  ///   `StoreError.epochWentBack` when epochs could be handed out twice.
  func commit(_ commit: StoreCommit) async throws(StoreError)

  /// Numbers one start of the coordinator: durable, and higher with each call for ever.
  func beginEpoch() async throws(StoreError) -> UInt64

  /// Lets go of the store; every later call throws `StoreError.closed`. Closing twice is fine.
  func close() async throws(StoreError)
}

/// Bounds that hold for every store.
package enum StoreBounds {
  /// How many events are kept; older ones are dropped by the commit that brings newer ones.
  package static let events = 10_000
}
