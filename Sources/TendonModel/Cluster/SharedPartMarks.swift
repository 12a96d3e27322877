// SPDX-License-Identifier: Apache-2.0

/// A part of a value that many other values have as well.
package enum SharedPart: Hashable, Sendable {
  /// All that is behind one `Shared`.
  case whole
  /// The resources of the spec that is behind it.
  case resources
}

/// Encodes in place of parts that many values have in common, so that each is encoded once; whoever encodes puts the parts
/// where their marks are.
package protocol SharedPartMarks: AnyObject, Sendable {
  /// What to encode in place of a part.
  /// - Parameter owner: what it belongs to: another has other parts.
  /// - Parameter value: the part; asked for where it is not known yet.
  func mark(
    _ part: SharedPart, of owner: any AnyObject & Sendable,
    _ value: @autoclosure () -> any Encodable & Sendable
  ) -> String
}

extension CodingUserInfoKey {
  /// Under which an encoder has its `SharedPartMarks`; without, everything is encoded where it is.
  package static let sharedPartMarks = CodingUserInfoKey(rawValue: "tendon.shared-part-marks")!
}

extension Encoder {
  var sharedPartMarks: (any SharedPartMarks)? {
    userInfo[.sharedPartMarks] as? any SharedPartMarks
  }
}
