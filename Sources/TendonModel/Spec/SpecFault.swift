// SPDX-License-Identifier: Apache-2.0

/// One thing that is wrong with a spec.
package struct SpecFault: Error, Hashable, Sendable, CustomStringConvertible {
  /// The key, from the top of the spec: `["probes", "readiness", "timeout"]`.
  package let path: [String]
  package let message: String

  package init(_ path: [String], _ message: String) {
    self.path = path
    self.message = message
  }

  package var description: String { "\(path.joined(separator: ".")): \(message)" }
}
