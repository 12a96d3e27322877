// SPDX-License-Identifier: Apache-2.0
import CLinux

/// Why a file of the kernel (`/proc`, `/sys`, a cgroup) could not be read, written or understood.
package enum KernelFileError: Error, Hashable, Sendable, CustomStringConvertible {
  case cannotRead(path: String, errno: Int32)
  case cannotWrite(path: String, value: String, errno: Int32)
  /// The file is there but says something that is not `expected`; `text` is cut to 200 characters.
  case malformed(path: String, text: String, expected: String)

  static func notAsExpected(_ path: String, _ text: some StringProtocol, _ expected: String) -> Self
  {
    .malformed(path: path, text: String(text.prefix(200)), expected: expected)
  }

  package var path: String {
    switch self {
    case .cannotRead(let path, _), .cannotWrite(let path, _, _), .malformed(let path, _, _): path
    }
  }

  package var description: String {
    switch self {
    case .cannotRead(let path, let error): "cannot read \(path): \(ErrnoText.of(error))"
    case .cannotWrite(let path, let value, let error):
      "cannot write \"\(value)\" to \(path): \(ErrnoText.of(error))"
    case .malformed(let path, let text, let expected):
      "\(path) says \"\(text)\", which is not \(expected)"
    }
  }
}

/// The words of an errno value, such as `Invalid argument (22)`.
enum ErrnoText {
  static func of(_ error: Int32) -> String {
    "\(String(cString: tendon_errno_text(error))) (\(error))"
  }
}
