// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore
import TendonLinux
import Testing

@testable import TendonAgent
@testable import TendonModel

@Suite struct LogMarksTests {
  private let folder: ScratchFolder
  private let files: LogFiles
  private let instance: InstanceID

  init() throws {
    folder = try ScratchFolder()
    files = LogFiles(directory: folder.path)
    instance = try InstanceID("web.0")
    try Files.makeDirectory("\(folder.path)/\(instance)")
  }

  private func time(_ seconds: Int64) -> Timestamp {
    Timestamp(millisecondsSinceEpoch: seconds * 1000)
  }

  private func append(_ text: String, _ epoch: UInt64 = 1) throws {
    let fd = try files.open(instance, Epoch(epoch), .stdout)
    defer { close(fd) }
    #expect(write(fd, text, text.utf8.count) == text.utf8.count)
  }

  private func mark(at seconds: Int64, _ epoch: UInt64 = 1) throws {
    let size = try LogFile.size(files.path(of: instance, Epoch(epoch), .stdout))?.logical ?? 0
    try files.marks(of: instance, Epoch(epoch)).append(
      LogMark(at: time(seconds), isStart: false, sizes: LogSizes(stdout: size)))
  }

  private func start(at seconds: Int64, _ epoch: UInt64 = 1, runsBefore: Int) throws {
    try files.runStarts(
      instance, Epoch(epoch), at: time(seconds), sizes: try files.sizes(of: instance, Epoch(epoch)),
      runsBefore: runsBefore)
  }

  private func text(_ request: LogRequest, _ epoch: UInt64 = 1) async throws -> String {
    let blocking = Blocking.start(threads: 1)
    let reader = LogReader(
      logs: files, instance: instance, epoch: Epoch(epoch), request: request, blocking: blocking)
    var text = ""
    do {
      for try await chunk in try await reader.chunks() { text += String(buffer: chunk) }
    } catch {
      await blocking.shutDown()
      throw error
    }
    await blocking.shutDown()
    return text
  }

  @Test(
    "Since a time, nothing that was written after it is left out, and nothing from before the last mark comes."
  )
  func since() async throws {
    try append("one\n")
    try mark(at: 10)
    try append("two\n")
    try mark(at: 20)
    try append("three\n")
    for (seconds, expected) in [
      (5, "one\ntwo\nthree\n"), (10, "two\nthree\n"), (19, "two\nthree\n"), (20, "three\n"),
      (99, "three\n"),
    ] as [(Int64, String)] {
      #expect(try await text(LogRequest(since: .at(time(seconds)))) == expected, "\(seconds)")
    }
    #expect(try await text(LogRequest(tailLines: 1, since: .at(time(5)))) == "three\n")
    let inAnHour = HostClock.wall.millisecondsSinceEpoch + 3_600_000
    let future = LogRequest(since: .at(Timestamp(millisecondsSinceEpoch: inAnHour)))
    #expect(try await text(future) == "")
  }

  @Test("A mark in the middle of a line takes the whole line.")
  func sinceInsideLine() async throws {
    try append("one\ntw")
    try mark(at: 10)
    try append("o\nthree\n")
    #expect(try await text(LogRequest(since: .at(time(11)))) == "two\nthree\n")
  }

  @Test("The previous run is the one before the last start, in this placement or the one before.")
  func previous() async throws {
    try start(at: 1, runsBefore: 0)
    try append("first\n")
    do {
      _ = try await text(LogRequest(previous: true))
      Issue.record("there was no run before")
    } catch let error as APIError {
      #expect(error.code == .notFound && error.message.contains("no run before"))
    }
    try start(at: 2, runsBefore: 1)
    try append("second\nsecond too\n")
    #expect(try await text(LogRequest(previous: true)) == "first\n")
    try start(at: 3, runsBefore: 2)
    try append("third\n")
    #expect(try await text(LogRequest(previous: true)) == "second\nsecond too\n")
    #expect(try await text(LogRequest(tailLines: 1, previous: true)) == "second too\n")
    try start(at: 4, 5, runsBefore: 0)
    try append("fourth\n", 5)
    #expect(try await text(LogRequest(previous: true), 5) == "third\n")
    #expect(try await text(LogRequest()) == "first\nsecond\nsecond too\nthird\n")
  }

  @Test(
    "A first run needs no mark, and is known when there is a second; a hook's output before it is not a run."
  )
  func first() async throws {
    try start(at: 1, runsBefore: 0)
    #expect(try files.marks(of: instance, Epoch(1)).all() == [])
    try append("first\n")
    try mark(at: 2)
    try start(at: 3, runsBefore: 1)
    #expect(try await text(LogRequest(previous: true)) == "first\n")
    #expect(try await text(LogRequest(since: .at(time(2)))) == "")
    try append("hook\n", 2)
    try start(at: 4, 2, runsBefore: 0)
    try append("run\n", 2)
    #expect(try await text(LogRequest(previous: true), 2) == "")
    try start(at: 5, 2, runsBefore: 1)
    #expect(try await text(LogRequest(previous: true), 2) == "run\n")
    #expect(try files.marks(of: instance, Epoch(2)).all().count(where: \.isStart) == 2)
  }

  @Test("Marks are bounded: old ones get fewer, the newest and the starts stay.")
  func bounded() throws {
    let marks = files.marks(of: instance, Epoch(1))
    try start(at: 0, runsBefore: 2)
    for second in 1...6000 {
      try marks.append(
        LogMark(at: time(Int64(second)), isStart: false, sizes: LogSizes(stdout: Int64(second))))
    }
    let all = try marks.all()
    #expect(all.count < LogMarks.most)
    #expect(all.first?.isStart == true && all.last?.at == time(6000))
    #expect(all == all.sorted { $0.at < $1.at })
    #expect(try marks.sizes(since: time(6000)) == LogSizes(stdout: 6000))
    let old = try marks.sizes(since: time(100)).stdout
    #expect((80...100).contains(old))
  }

  @Test("A crash loop's starts are bounded too.")
  func boundedStarts() throws {
    let marks = files.marks(of: instance, Epoch(1))
    for second in 1...7000 {
      try marks.append(LogMark(at: time(Int64(second)), isStart: true, sizes: LogSizes()))
    }
    let all = try marks.all()
    #expect(all.count < LogMarks.most && all.last?.at == time(7000))
  }
}
