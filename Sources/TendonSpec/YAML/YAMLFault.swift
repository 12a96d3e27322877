// SPDX-License-Identifier: Apache-2.0

/// A text that is not YAML, or more of it than we read.
struct YAMLFault: Error, Hashable, Sendable {
  let mark: Mark
  let message: String
}

extension YAMLFault {
  /// More lists and mappings in each other than are read.
  static func tooDeep(_ mark: Mark) -> Self {
    Self(
      mark: mark, message: "lies more than \(YAMLComposer.deepest) lists and mappings deep")
  }
}
