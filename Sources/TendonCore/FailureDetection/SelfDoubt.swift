// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// Why the coordinator takes itself, and not the hosts, for what is wrong.
package enum SelfDoubt: Hashable, Sendable {
  /// It had not looked at its socket or at the clock for that long: it was stopped, or has no CPU.
  case wasLate(Duration)
  /// So many of the hosts that were heard went quiet within one window.
  case manyQuiet(Int, of: Int)

  package var cause: String {
    switch self {
    case .wasLate(let pause):
      "the coordinator itself stood still for \(Span(milliseconds: pause.wholeMilliseconds))"
    case .manyQuiet(let quiet, let all):
      "\(quiet) of \(counted(all, "host")) went quiet at once, so it may be the coordinator that is cut off"
    }
  }
}
