// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// What users were told is so, and what programs really did.
struct UserModel {
  /// A completion of a job whose program ended with status 0.
  struct Success: Hashable {
    var instance: InstanceID
    var run: String
  }

  /// The last acknowledged record of each service; nil once its deletion was acknowledged.
  var records: [ServiceName: ServiceRecord?] = [:]
  /// Of these an answer was never heard: either may be so.
  var uncertain: Set<ServiceName> = []
  /// The reservation as it was acknowledged, or that there is none; nil: an answer was never heard.
  var reservation: Reservation?? = .some(nil)
  var revision = Revision(0)
  /// What was moved to balance the load after faults and requests had ended.
  var balanced: Set<InstanceID> = []
  var successes: Set<Success> = []
}
