// SPDX-License-Identifier: Apache-2.0

/// How an instance is started, watched, restarted and stopped: probes, hooks, stop signal, backoff.
///
/// Its keys stand at the top level of a spec, beside those of `ServiceSpec` itself. A key that is absent means its
/// default, so that what an older version stored can be read.
package struct Supervision: Hashable, Sendable, Codable {
  package init() {}

  /// Whether going from `other` to this needs new processes.
  package func needsNewProcesses(comparedTo other: Supervision) -> Bool { false }

  /// Everything that makes this impossible, whoever asks; empty when it is fine.
  package var faults: [SpecFault] { [] }
}
