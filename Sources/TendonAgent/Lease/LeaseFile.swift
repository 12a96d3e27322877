// SPDX-License-Identifier: Apache-2.0

import Glibc
import TendonCore
import TendonLinux
import TendonModel

/// What the watchdog of tendon-init reads (`fence.h`): when the host's lease ends, and the cgroups that are killed then. It
/// tells the next agent how long the lease was when this one ended. The folder may outlive a reboot, after which the clock
/// begins anew: so it names the boot that it is of, and no other boot's counts.
struct LeaseFile: Sendable {
  private static let timeDigits = 20
  private static let leaseLabel = "lease "

  let path: String
  /// The whole second line.
  private let boot: String

  init(socket: String, boot: BootID) {
    path = socket + ".fence"
    self.boot = "boot \(boot)"
  }

  /// Replaces it as a whole; removes it when nothing is fenced. Blocks for some microseconds.
  /// - Parameter end: until when the watchdog waits, which is sooner than the lease's end where that is not for what is held.
  func write(
    until end: MonotonicTime, of lease: HostLease, _ cgroups: [String]
  ) throws(StateError) {
    guard !cgroups.isEmpty else { return try Files.remove(path) }
    let temporary = path + ".new"
    let fd = try Files.open(temporary, O_WRONLY | O_CREAT | O_TRUNC)
    do {
      defer { close(fd) }
      let length = lease.length.map { ["\(Self.leaseLabel)\($0.milliseconds)"] } ?? []
      let text = ([Self.digits(of: end), boot] + length + cgroups).map { $0 + "\n" }.joined()
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
    try Files.write(Array(Self.digits(of: end).utf8), to: fd, at: 0, path: path)
  }

  /// The lease that is noted; one that never was granted when there is none that can be read, or another boot's.
  func lease() -> HostLease {
    // What can't be read grants nothing.
    guard let bytes = try? Files.read(path) else { return HostLease() }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    guard lines.count > 2, lines[1] == boot, let end = Int64(lines[0]) else { return HostLease() }
    let length =
      lines[2].hasPrefix(Self.leaseLabel)
      ? Int64(lines[2].dropFirst(Self.leaseLabel.count)) : nil
    return HostLease(
      end: MonotonicTime(nanoseconds: end), length: length.map(Span.init(milliseconds:)))
  }

  private static func digits(of end: MonotonicTime) -> String {
    let digits = String(max(0, end.nanoseconds))
    return String(repeating: "0", count: timeDigits - digits.count) + digits
  }
}
