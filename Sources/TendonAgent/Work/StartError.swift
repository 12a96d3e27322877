// SPDX-License-Identifier: Apache-2.0

import TendonCore

/// At which step a start ended, and why.
struct StartError: Error {
  var step: String
  var reason: String
  /// The limits, when they had been written by then.
  var limits: LimitsOutcome?

  init(_ step: String, _ reason: some CustomStringConvertible, limits: LimitsOutcome? = nil) {
    self.step = step
    self.reason = reason.description
    self.limits = limits
  }
}
