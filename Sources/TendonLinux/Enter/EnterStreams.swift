// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import TendonModel

/// The descriptors of a command: ours (near), and those that it gets (far).
struct EnterStreams {
  private(set) var output: Int32 = -1
  private(set) var error: Int32?
  private(set) var input: Int32?
  /// Standard input, output and error.
  private(set) var far: [Int32] = []

  init(_ request: EnterRequest) throws(EnterError) {
    do throws(EnterError) {
      if let size = request.terminal {
        try openTerminal(size)
      } else {
        try openPipes(hasInput: request.hasInput)
      }
    } catch {
      closeFar()
      closeNear()
      throw error
    }
  }

  private mutating func openTerminal(_ size: TerminalSize) throws(EnterError) {
    var ends: [Int32] = [-1, -1]
    let answer = tendon_terminal_open(&ends)
    guard answer == 0 else { throw .system(call: "opening a terminal", errno: -answer) }
    output = ends[0]
    far = [ends[1], ends[1], ends[1]]
    input = output
    Self.set(size, of: output)
    try doNotWait(output)
  }

  private mutating func openPipes(hasInput: Bool) throws(EnterError) {
    if hasInput {
      let (read, write) = try pipe()
      far.append(read)
      input = write
      try doNotWait(write)
    } else {
      let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
      guard null >= 0 else { throw .system(call: "open /dev/null", errno: errno) }
      far.append(null)
    }
    let (read, write) = try pipe()
    output = read
    far.append(write)
    let (readError, writeError) = try pipe()
    error = readError
    far.append(writeError)
  }

  private func pipe() throws(EnterError) -> (Int32, Int32) {
    var ends: [Int32] = [-1, -1]
    let answer = tendon_pipe(&ends)
    guard answer == 0 else { throw .system(call: "pipe2", errno: -answer) }
    return (ends[0], ends[1])
  }

  private func doNotWait(_ fd: Int32) throws(EnterError) {
    guard fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) == 0 else {
      throw .system(call: "fcntl", errno: errno)
    }
  }

  mutating func closeFar() {
    for fd in Set(far) { close(fd) }
    far = []
  }

  func closeNear() {
    for fd in Set([output, error ?? -1, input ?? -1]) where fd >= 0 { close(fd) }
  }

  static func set(_ size: TerminalSize, of terminal: Int32) {
    var window = winsize(ws_row: size.rows, ws_col: size.columns, ws_xpixel: 0, ws_ypixel: 0)
    // A terminal can't refuse.
    _ = ioctl(terminal, UInt(TIOCSWINSZ), &window)
  }

  static func socketPair() throws(EnterError) -> (Int32, Int32) {
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
      throw .system(call: "socketpair", errno: errno)
    }
    return (ends[0], ends[1])
  }
}
