// SPDX-License-Identifier: Apache-2.0

import Glibc
import TendonModel

/// A stream into the systemd journal, to be handed to a process as its standard output or error: each line becomes
/// an entry.
///
/// The protocol is that of systemd's `sd_journal_stream_fd(3)` (src/libsystemd/sd-journal/journal-send.c): a
/// connection to journald's stream socket that begins with seven lines.
enum JournalStream {
  static let socketPath = "/run/systemd/journal/stdout"

  /// - Parameter identifier: becomes SYSLOG_IDENTIFIER; without line feeds.
  /// - Throws: with the socket's path when there is no journald.
  static func open(
    identifier: String, _ stream: LogRequest.Stream, socketPath: String = socketPath
  ) throws(StateError) -> Int32 {
    let fd = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard fd >= 0 else { throw .file(call: "socket", path: socketPath, errno: errno) }
    do throws(StateError) {
      try connect(fd, to: socketPath)
      // Nothing ever comes back.
      shutdown(fd, Int32(SHUT_RD))
      // identifier, unit, priority, level prefix, forward to syslog, to kmsg, to the console
      let header = Array("\(identifier)\n\n\(priority(of: stream))\n1\n0\n0\n0\n".utf8)
      guard send(fd, header, header.count, Int32(MSG_NOSIGNAL)) == header.count else {
        throw .file(call: "send", path: socketPath, errno: errno)
      }
      return fd
    } catch {
      close(fd)
      if case .file(_, _, let errno) = error, errno == ENOENT || errno == ECONNREFUSED {
        throw .noJournal(path: socketPath)
      }
      throw error
    }
  }

  /// LOG_INFO and LOG_WARNING; lines may begin with <N> for another (sd-daemon(3)).
  static func priority(of stream: LogRequest.Stream) -> Int { stream == .stdout ? 6 : 4 }

  private static func connect(_ fd: Int32, to path: String) throws(StateError) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
      throw .file(call: "connect", path: path, errno: ENAMETOOLONG)
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(fd, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard result == 0 else { throw .file(call: "connect", path: path, errno: errno) }
  }
}
