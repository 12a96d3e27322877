// SPDX-License-Identifier: Apache-2.0
import CLinux

/// A system call about a process that failed.
package struct ProcessError: Error, Hashable, CustomStringConvertible {
  /// The call and what it was about, for a message: `pidfd_open 4711`.
  package let call: String
  package let errno: Int32

  package init(call: String, errno: Int32) {
    self.call = call
    self.errno = errno
  }

  package var description: String { "\(call): \(errnoText(errno))" }
}

/// The text of an errno: `No such file or directory`.
package func errnoText(_ errno: Int32) -> String {
  String(cString: tendon_errno_text(errno))
}
