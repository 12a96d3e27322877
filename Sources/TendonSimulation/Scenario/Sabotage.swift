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
  /// The coordinator takes a datagram as often as it comes.
  case noReplayWindow
  /// The coordinator is never told what may be unavailable.
  case budgetLost
  /// Reservations are not written down.
  case reservationLost
  /// The half of what is asked for is held.
  case reservationHalved
  /// Nobody is asked before a silent host is given up.
  case hastyVerdict
  /// The brake lets one host more go quiet than it should.
  case brakeOffByOne
  /// Hosts tell of twice the CPU that they have.
  case hostsTooLarge
  /// A process is started before the record of its placement is on the disk.
  case recordNotAwaited
  /// A resize is told as done, and nothing was written.
  case resizeForgotten
  /// A process that does not listen to its stop signal is told as ended, and nobody kills it.
  case endInvented
}
