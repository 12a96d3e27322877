// SPDX-License-Identifier: Apache-2.0

import Glibc
import TendonModel

/// What the watchdog of tendon-init reads (`fence.h`): when the host's lease ends, and the cgroups that are killed then.
/// It lies in a folder that a reboot empties, and tells the next agent how long the lease was when this one ended.
struct LeaseFile: Sendable {
  private static let timeDigits = 20

  let path: String

  init(socket: String) { path = socket + ".fence" }

  /// Replaces it as a whole; removes it when nothing is fenced. Blocks for some microseconds.
  func write(until end: MonotonicTime, _ cgroups: [String]) throws(StateError) {
    guard !cgroups.isEmpty else { return try Files.remove(path) }
    let temporary = path + ".new"
    let fd = try Files.open(temporary, O_WRONLY | O_CREAT | O_TRUNC)
    do {
      defer { close(fd) }
      let text = Self.line(end) + cgroups.map { $0 + "\n" }.joined()
      try Files.write(Array(text.utf8), to: fd, at: 0, path: temporary)
    }
    try Files.rename(temporary, to: path)
  }

  /// Puts the time of its end in place of the one before; fine when it is not there. Blocks for some microseconds.
  func renew(until end: MonotonicTime) throws(StateError) {
    let fd: Int32
    do {
      fd = try Files.open(path, O_WRONLY)
    } catch .file(_, _, ENOENT) {
      return
    }
    defer { close(fd) }
    try Files.write(Array(Self.line(end).utf8), to: fd, at: 0, path: path)
  }

  /// When the lease ends that is noted; nil when there is none that can be read.
  func end() -> MonotonicTime? {
    // What can't be read grants nothing.
    guard let bytes = try? Files.read(path), bytes.count > Self.timeDigits,
      let number = Int64(String(decoding: bytes.prefix(Self.timeDigits), as: UTF8.self))
    else { return nil }
    return MonotonicTime(nanoseconds: number)
  }

  private static func line(_ end: MonotonicTime) -> String {
    let digits = String(max(0, end.nanoseconds))
    return String(repeating: "0", count: timeDigits - digits.count) + digits + "\n"
  }
}
