// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore
import Testing

@testable import TendonAgent
@testable import TendonModel

@Suite struct JournalStreamTests {
  /// A socket that listens where journald would.
  private func listen(at path: String) throws -> Int32 {
    let fd = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let bound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(fd, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(fd >= 0 && bound == 0 && Glibc.listen(fd, 4) == 0)
    return fd
  }

  @Test("A stream begins with the protocol's seven lines; what a process writes follows.")
  func header() throws {
    let folder = try ScratchFolder()
    let path = folder.path + "/stdout"
    let listener = try listen(at: path)
    defer { close(listener) }
    for (stream, priority) in [(LogRequest.Stream.stdout, 6), (.stderr, 4)] {
      let fd = try JournalStream.open(identifier: "web.0", stream, socketPath: path)
      #expect(write(fd, "hello\n", 6) == 6)
      close(fd)
      let accepted = accept(listener, nil, nil)
      defer { close(accepted) }
      var text = ""
      var chunk = [UInt8](repeating: 0, count: 256)
      while case let count = read(accepted, &chunk, chunk.count), count > 0 {
        text += String(decoding: chunk[..<count], as: UTF8.self)
      }
      #expect(text == "web.0\n\n\(priority)\n1\n0\n0\n0\nhello\n")
    }
  }

  @Test("Without journald the error names the key, the socket and the way out.")
  func absent() throws {
    let folder = try ScratchFolder()
    let path = folder.path + "/none"
    do throws(StateError) {
      _ = try JournalStream.open(identifier: "web.0", .stdout, socketPath: path)
      Issue.record("it connected")
    } catch {
      #expect(error == .noJournal(path: path))
      #expect(error.description.contains("logs.to is journald"))
      #expect(error.description.contains("systemd-journald"))
    }
  }

  @Test("What is asked of the journal is one instance's, as far as the request says.")
  func arguments() throws {
    let instance = try InstanceID("web.0")
    let now = Timestamp(millisecondsSinceEpoch: 100_250)
    let common = ["--quiet", "--no-pager", "--output=cat"]
    #expect(
      JournalReader.arguments(LogRequest(), of: instance, now: now)
        == common + ["--lines=all", "SYSLOG_IDENTIFIER=web.0"])
    let request = LogRequest(
      stream: .stderr, tailLines: 5, since: .ago(.seconds(10)), follow: true)
    #expect(
      JournalReader.arguments(request, of: instance, now: now)
        == common + [
          "--lines=5", "--since=@90.250", "--follow", "PRIORITY=4", "SYSLOG_IDENTIFIER=web.0",
        ])
  }

  @Test("What journalctl says is passed on; one that follows ends when nothing more can come.")
  func reads() async throws {
    let folder = try ScratchFolder()
    try folder.write("#!/bin/sh\necho \"$@\"; [ $5 = x ] || exec sleep 100\n", to: "journalctl")
    let program = folder.path + "/journalctl"
    chmod(program, 0o755)
    let reader = try JournalReader(
      program: program, LogRequest(follow: true), of: try InstanceID("web.0"), isOver: { true })
    var text = ""
    for try await chunk in reader { text += String(buffer: chunk) }
    #expect(
      text == "--quiet --no-pager --output=cat --lines=all --follow SYSLOG_IDENTIFIER=web.0\n")
  }
}
