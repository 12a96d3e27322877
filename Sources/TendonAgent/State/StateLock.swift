// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The hold of one agent on a state directory; given back with this object, or by the kernel with the process.
package final class StateLock: Sendable {
  private let fd: Int32

  /// - Throws: `locked` when another agent has it.
  package init(directory: String) throws(StateError) {
    let path = directory + "/agent.lock"
    do throws(StateError) {
      fd = try Files.open(path, O_RDWR | O_CREAT)
    } catch .file(_, _, EROFS) {
      // A disk that can only be read must not keep the next agent from what runs here; a lock needs no writing.
      fd = try Files.open(path, O_RDONLY)
    }
    guard flock(fd, LOCK_EX | LOCK_NB) == 0 else {
      let error = errno
      close(fd)
      throw error == EWOULDBLOCK
        ? .locked(path: path) : .file(call: "flock", path: path, errno: error)
    }
  }

  deinit { close(fd) }
}
