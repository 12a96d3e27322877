// SPDX-License-Identifier: Apache-2.0

/// Why a filter of system calls could not be made.
package enum SeccompError: Error, Hashable, CustomStringConvertible {
  /// A profile's file that can't be read.
  case unreadable(path: String, reason: String)
  /// What is wrong with a field of a profile.
  case field(path: String, field: String, reason: String)
  /// libseccomp refused something of ours.
  case library(call: String, errno: Int32)

  package var description: String {
    switch self {
    case .unreadable(let path, let reason): "\(path): \(reason)"
    case .field(let path, let field, let reason): "\(path): \(field): \(reason)"
    case .library(let call, let errno): "\(call) (libseccomp): errno \(errno)"
    }
  }
}
