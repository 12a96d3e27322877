// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Who a process is and what it may do (proc_pid_status(5)).
package struct ProcessCredentials: Hashable, Sendable {
  package var uid: UInt32 = 0
  package var gid: UInt32 = 0
  package var groups: [UInt32] = []
  package var permitted: UInt64 = 0
  package var bounding: UInt64 = .max
  package var hasNoNewPrivileges = false

  /// What a process may at most be given that shall be no more than this one: for root, who gets all of the
  /// bounding set with the next program, what it has itself.
  package var bounds: UInt64 { uid == 0 ? permitted & bounding : bounding }

  /// Blocks.
  package static func read(pid: Int32) throws(ProcessError) -> ProcessCredentials {
    try ProcessCredentials(status: String(decoding: bytes("/proc/\(pid)/status"), as: UTF8.self))
  }

  init(status: String) throws(ProcessError) {
    for line in status.split(separator: "\n") {
      let words = line.split(whereSeparator: { $0 == "\t" || $0 == " " })
      guard words.count > 1 else { continue }
      switch words[0] {
      case "Uid:": uid = try Self.number(words, at: 2)
      case "Gid:": gid = try Self.number(words, at: 2)
      case "Groups:": groups = words.dropFirst().compactMap { UInt32($0) }
      case "CapPrm:": permitted = UInt64(words[1], radix: 16) ?? 0
      case "CapBnd:": bounding = UInt64(words[1], radix: 16) ?? 0
      case "NoNewPrivs:": hasNoNewPrivileges = words[1] == "1"
      default: break
      }
    }
  }

  private static func number(_ words: [Substring], at index: Int) throws(ProcessError) -> UInt32 {
    guard words.count > index, let number = UInt32(words[index]) else {
      throw ProcessError(call: "parse \(words[0])", errno: EPROTO)
    }
    return number
  }

  /// A process's environment as it was given to its program: `NAME=value`. Blocks.
  package static func environment(pid: Int32) throws(ProcessError) -> [String] {
    try bytes("/proc/\(pid)/environ").split(separator: 0).map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  private static func bytes(_ path: String) throws(ProcessError) -> [UInt8] {
    let fd = open(path, O_RDONLY | O_CLOEXEC)
    guard fd >= 0 else { throw ProcessError(call: "open \(path)", errno: errno) }
    defer { close(fd) }
    var all: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 8192)
    while true {
      let count = Glibc.read(fd, &chunk, chunk.count)
      guard count >= 0 else { throw ProcessError(call: "read \(path)", errno: errno) }
      if count == 0 { return all }
      all += chunk[..<count]
    }
  }
}
