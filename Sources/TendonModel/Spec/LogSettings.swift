// SPDX-License-Identifier: Apache-2.0

/// Where an instance's output goes and how much of it is kept.
///
/// Its keys stand at the top level of a spec, beside those of `ServiceSpec` itself. A key that is absent means its
/// default, so that what an older version stored can be read.
package struct LogSettings: Hashable, Sendable, Codable {
  package init() {}

  /// Whether going from `other` to this needs new processes.
  package func needsNewProcesses(comparedTo other: LogSettings) -> Bool { false }

  /// Everything that makes this impossible, whoever asks; empty when it is fine.
  package var faults: [SpecFault] { [] }
}
