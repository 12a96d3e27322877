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

/// The parts of a host's score that its own facts and load decide.
struct HostScore {
  /// The dominant share with the instance: against the host, or for it where hosts are packed.
  var load = 0.0
  var room = 0.0
  var stranding = 0.0
  var siblings = 0.0
  var affinity = 0.0
  var spread = 0.0
  var avoid = 0.0
  var kernel = 0.0
  /// Decides between what is equal otherwise: the host with fewer instances.
  var instances = 0.0

  @inline(__always)
  var total: Double {
    load + room + stranding + siblings + affinity + spread + avoid + kernel + instances
  }

  func parts(isPack: Bool) -> [PlacementScore.Part] {
    [
      (isPack ? "pack" : "balance", load), ("room", room), ("stranding", stranding),
      ("siblings", siblings), ("affinity", affinity), ("spread", spread), ("avoid", avoid),
      ("kernel", kernel), ("instances", instances),
    ]
    .filter { $0.1 != 0 }.map { PlacementScore.Part(name: $0.0, value: $0.1) }
  }
}
