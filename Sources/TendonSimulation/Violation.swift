// SPDX-License-Identifier: Apache-2.0

/// Something that did not hold, in one world at one moment.
package struct Violation: Hashable, Sendable, CustomStringConvertible {
  /// What is checked; `docs/simulation.md` says what each of them means.
  package enum Check: String, Hashable, Sendable, CaseIterable {
    case durability, fencing, copies, capacity, reservation, stopping, disruption, detection,
      convergence
  }

  package var check: Check
  package var text: String

  package var description: String { "\(check.rawValue): \(text)" }
}
