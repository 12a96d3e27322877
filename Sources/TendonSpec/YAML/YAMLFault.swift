// SPDX-License-Identifier: Apache-2.0

/// A text that is not YAML, or more of it than we read.
struct YAMLFault: Error, Hashable, Sendable {
  let mark: Mark
  let message: String
}
