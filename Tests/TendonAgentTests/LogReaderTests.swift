// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore
import Testing

@testable import TendonAgent
@testable import TendonModel

@Suite struct LogReaderTests {
  @Test(
    "The last lines begin after the right line feed, whether the file ends in one or not.",
    arguments: [
      ("", 1, 0), ("one\n", 1, 0), ("one\ntwo\n", 1, 4), ("one\ntwo", 1, 4), ("one\ntwo", 2, 0),
      ("one\ntwo\nthree\n", 2, 4), ("one\ntwo\n", 9, 0), ("one\ntwo\n", 0, 8), ("\n\n\n", 2, 1),
    ])
  func tail(text: String, lines: Int, offset: Int64) throws {
    let folder = try ScratchFolder()
    try folder.write(text, to: "log")
    #expect(try settled(folder.path + "/log", tail: lines) == offset)
  }

  @Test("The last lines of a file of many chunks are found.")
  func longTail() throws {
    let folder = try ScratchFolder()
    let line = String(repeating: "x", count: 999) + "\n"
    try folder.write(String(repeating: line, count: 200), to: "log")
    #expect(try settled(folder.path + "/log", tail: 150) == 50_000)
    #expect(try settled(folder.path + "/log", tail: nil) == 0)
    #expect(try settled(folder.path + "/none", tail: 3) == 0)
  }

  private func settled(_ path: String, tail: Int?) throws -> Int64 {
    var cursor = LogCursor(path: path, offset: 0)
    try cursor.settle(tail: tail)
    return cursor.offset
  }

  private func reader(_ folder: ScratchFolder, _ request: LogRequest) throws -> LogReader {
    let instance = try InstanceID("web.0")
    return LogReader(
      logs: LogFiles(directory: folder.path), instance: instance, epoch: Epoch(3),
      request: request, blocking: .start(threads: 1))
  }

  private func append(_ text: String, _ stream: LogRequest.Stream, _ folder: ScratchFolder) throws {
    let files = LogFiles(directory: folder.path)
    let fd = try files.open(try InstanceID("web.0"), Epoch(3), stream)
    defer { close(fd) }
    #expect(write(fd, text, text.utf8.count) == text.utf8.count)
  }

  @Test("Without following, both files are sent to their ends, standard output first.")
  func whole() async throws {
    let folder = try ScratchFolder()
    try append("out\n", .stdout, folder)
    try append("err\n", .stderr, folder)
    let reader = try reader(folder, LogRequest())
    var text = ""
    for try await chunk in try await reader.chunks() { text += String(buffer: chunk) }
    #expect(text == "out\nerr\n")
    await reader.blocking.shutDown()
  }

  @Test("Following goes on with what is appended, from files that come later too.")
  func follow() async throws {
    let folder = try ScratchFolder()
    try append("old\none\n", .stdout, folder)
    let reader = try reader(folder, LogRequest(tailLines: 1, follow: true))
    var chunks = try await reader.chunks().makeAsyncIterator()
    #expect(try await chunks.next().map { String(buffer: $0) } == "one\n")
    try append("two\n", .stdout, folder)
    #expect(try await chunks.next().map { String(buffer: $0) } == "two\n")
    try append("late\n", .stderr, folder)
    #expect(try await chunks.next().map { String(buffer: $0) } == "late\n")
    await reader.blocking.shutDown()
  }

  @Test("The newest three epochs keep their logs, and so does one that runs.")
  func prune() throws {
    let folder = try ScratchFolder()
    let files = LogFiles(directory: folder.path)
    let instance = try InstanceID("web.0")
    for epoch in [UInt64(1), 2, 5, 9, 10] {
      close(try files.open(instance, Epoch(epoch), .stdout))
    }
    try files.runStarts(
      instance, Epoch(2), at: Timestamp(millisecondsSinceEpoch: 0), sizes: LogSizes(),
      runsBefore: 2)
    try files.prune(instance, keep: 3, keeping: [Epoch(1)])
    #expect(
      try Files.names(in: folder.path + "/web.0").sorted()
        == ["1.stdout", "10.stdout", "5.stdout", "9.stdout"])
  }
}
