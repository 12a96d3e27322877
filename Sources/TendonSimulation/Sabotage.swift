// SPDX-License-Identifier: Apache-2.0

/// A bug that is planted in the simulated shells, to show that the checks find it.
package enum Sabotage: String, Hashable, Sendable, CaseIterable {
  /// The host counts its lease from when the acknowledgement came.
  case leaseFromReceipt
  /// Users are answered, and agents told, before the commit.
  case commitAfterAnswer
  /// The stream goes on after a line was lost, and agents don't notice.
  case lostDeltaForgotten
  /// A coordinator that starts again begins with the first epoch.
  case epochsReused
  /// The replacement of what is fenced does not wait for the lease.
  case noWaitForLease
  /// The end of the lease kills what is not fenced as well.
  case fencesAll
}
