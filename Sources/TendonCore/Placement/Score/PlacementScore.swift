// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// How good a host is for an instance, and why.
package struct PlacementScore: Hashable, Sendable {
  package var host: HostID
  /// The sum of the parts; more is better.
  package var total: Double
  /// What counts for it and against it, most weight first; what counts nothing is left out.
  package var parts: [Part]

  package struct Part: Hashable, Sendable {
    /// `balance`, `room`, `stranding` …: the name of the setting that weighs it.
    package var name: String
    package var value: Double
  }
}
