// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
import Logging
import NIOCore
import Testing

@testable import TendonAgent
@testable import TendonCore
@testable import TendonLinux
@testable import TendonModel

@Suite(.timeLimit(.minutes(1))) struct LogKeeperTests {
  private let folder: ScratchFolder
  private let files: LogFiles
  private let instance: InstanceID
  private let blocking = Blocking.start(threads: 2)

  init() throws {
    folder = try ScratchFolder()
    files = LogFiles(directory: folder.path)
    instance = try InstanceID("web.0")
  }

  private func subject(_ epoch: UInt64, space: Int64) -> LogSubject {
    LogSubject(
      instance: instance, epoch: Epoch(epoch), settings: LogSettings(maxSize: Bytes(space)))
  }

  private func append(_ bytes: Int, _ epoch: UInt64, _ stream: LogRequest.Stream) throws {
    let fd = try files.open(instance, Epoch(epoch), stream)
    defer { close(fd) }
    let line = [UInt8](repeating: UInt8(ascii: "x"), count: 63) + [UInt8(ascii: "\n")]
    let chunk = Array((0..<1024).flatMap { _ in line })
    for _ in 0..<bytes / chunk.count { #expect(write(fd, chunk, chunk.count) == chunk.count) }
  }

  private func allocated() throws -> Int64 {
    try files.usage(of: instance).reduce(0) { $0 + $1.bytes }
  }

  @Test(
    "What an instance's logs take is cut to its space, the oldest first; offsets stay as they are.")
  func cut() async throws {
    let space: Int64 = 1 << 20
    try append(512 << 10, 1, .stdout)
    try append(2 << 20, 2, .stdout)
    try append(128 << 10, 2, .stderr)
    let look = LogLook.take(at: LogWatch(subject(2, space: space)), in: files)
    #expect(look.fault == nil && look.isOver)
    let trim = LogTrim.perform(for: look.watch.subject, in: files)
    #expect(trim.fault == nil && !trim.wasEmptied)
    #expect(try allocated() <= space)
    let size = try LogFile.size(files.path(of: instance, Epoch(2), .stdout))
    #expect(size?.logical == 2 << 20)
    // A quarter is the older placement's.
    let older = try files.usage(of: instance).first { $0.epoch == Epoch(1) }
    #expect((128 << 10...256 << 10).contains(try #require(older).bytes))
    // Nothing more to cut: nothing is done.
    let before = try files.usage(of: instance)
    var watch = look.watch
    watch.olderBytes = nil
    #expect(!LogLook.take(at: watch, in: files).isOver)
    _ = LogTrim.perform(for: watch.subject, in: files)
    #expect(try files.usage(of: instance) == before)
    await blocking.shutDown()
  }

  @Test(
    "A writer at full speed loses no line but the oldest ones, every line is whole, and the space is kept."
  )
  func fastWriter() async throws {
    var placement = try samplePlacement(epoch: 1)
    let space: Int64 = 2 << 20
    placement.spec.logs = LogSettings(maxSize: Bytes(space))
    let (wanted, id, files) = (placement, placement.instance, files)
    var log = Logger(label: "test")
    log.logLevel = .critical
    let subject = LogSubject(instance: id, epoch: Epoch(1), settings: wanted.spec.logs)
    let keeper = try LogKeeper(
      logs: files, blocking: blocking, log: log,
      current: { version in version == nil ? (1, [subject]) : nil })
    let lines = 3_000_000
    let path = files.path(of: id, Epoch(1), .stdout)
    let most = try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await keeper.run() }
      defer { group.cancelAll() }
      let fd = try files.open(id, Epoch(1), .stdout)
      defer { close(fd) }
      // As an instance does it: from a thread that knows of nothing, into a descriptor that it keeps.
      let most = try await BlockingThread.run { () -> Int64 in
        var most: Int64 = 0
        var number = 0
        var piece: [UInt8] = []
        while number < lines {
          piece.removeAll(keepingCapacity: true)
          // Pieces of different sizes: one line, or many.
          for _ in 0..<(number % 7 == 0 ? 1 : 400) {
            piece += Array("line \(number)\n".utf8)
            number += 1
          }
          guard write(fd, piece, piece.count) == piece.count else { return -1 }
          var status = stat()
          fstat(fd, &status)
          most = max(most, Int64(status.st_blocks) * 512)
        }
        return most
      }
      while try allocated() > space { try await Task.sleep(for: .milliseconds(5)) }
      return most
    }
    #expect(most > space / 2, "it wrote less than was to be cut")
    // How much it is at one time hangs on when the keeper gets a processor; a lab's test bounds it.
    print("at most \(most) bytes, where \(space) are allowed")
    #expect(try allocated() <= space)
    let reader = LogReader(
      logs: files, instance: id, epoch: Epoch(1), request: LogRequest(stream: .stdout),
      blocking: blocking)
    var text: [UInt8] = []
    for try await chunk in try await reader.chunks() { text += chunk.readableBytesView }
    let numbers = try text.split(separator: UInt8(ascii: "\n")).map { line in
      let words = String(decoding: line, as: UTF8.self).split(separator: " ")
      try #require(words.count == 2 && words[0] == "line", "\(words)")
      return try #require(Int(words[1]))
    }
    let first = try #require(numbers.first)
    #expect(first > 0 && numbers.last.map { $0 >= lines - 1 } == true)
    #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 + 1 == $1 })
    #expect((try LogFile.size(path)?.logical ?? 0) > 30 << 20)
    await blocking.shutDown()
  }

  @Test(
    "One who follows and is too slow is told how much was dropped, and goes on with a whole line.")
  func slowFollower() async throws {
    try append(256 << 10, 1, .stdout)
    let reader = LogReader(
      logs: files, instance: instance, epoch: Epoch(1),
      request: LogRequest(stream: .stdout, follow: true), blocking: blocking)
    var chunks = try await reader.chunks().makeAsyncIterator()
    let first = try #require(try await chunks.next())
    try append(4 << 20, 1, .stdout)
    _ = LogTrim.perform(for: subject(1, space: 1 << 20), in: files)
    let notice = String(buffer: try #require(try await chunks.next()))
    #expect(notice.hasPrefix("[tendon: ") && notice.hasSuffix("keep the log's size]\n"))
    let dropped = try #require(notice.split(separator: " ").dropFirst().first.flatMap { Int($0) })
    let next = String(buffer: try #require(try await chunks.next()))
    #expect(next.split(separator: "\n").first?.count == 63)
    let size = try #require(try LogFile.size(files.path(of: instance, Epoch(1), .stdout)))
    #expect(dropped % 64 == 0)
    #expect(Int64(first.readableBytes + dropped) < size.logical)
    await blocking.shutDown()
  }

  @Test(
    "Where a file system can't give back a file's front, a full log is emptied, and the writer goes on.",
    .enabled(if: geteuid() == 0))
  func emptied() async throws {
    // ramfs knows no fallocate.
    try #require(tendon_lab_mount("none", folder.path, "ramfs", "", false, false) == 0)
    defer { umount2(folder.path, Int32(MNT_DETACH)) }
    try append(2 << 20, 1, .stdout)
    let fd = try files.open(instance, Epoch(1), .stdout)
    defer { close(fd) }
    let trim = LogTrim.perform(for: subject(1, space: 1 << 20), in: files)
    #expect(trim.wasEmptied && trim.fault == nil)
    #expect(write(fd, "next\n", 5) == 5)
    let reader = LogReader(
      logs: files, instance: instance, epoch: Epoch(1), request: LogRequest(), blocking: blocking)
    var text = ""
    for try await chunk in try await reader.chunks() { text += String(buffer: chunk) }
    #expect(text == "next\n")
    await blocking.shutDown()
  }

  @Test(
    "Nothing of an instance that is gone stays for ever; what is new, present or not ours does.")
  func forgotten() throws {
    try append(64 << 10, 1, .stdout)
    let now = HostClock.wall
    try files.removeForgotten(
      except: [], before: Timestamp(millisecondsSinceEpoch: now.millisecondsSinceEpoch - 60_000))
    #expect(try files.epochs(of: instance) == [Epoch(1)])
    let later = Timestamp(millisecondsSinceEpoch: now.millisecondsSinceEpoch + 60_000)
    try files.removeForgotten(except: [instance], before: later)
    #expect(try files.epochs(of: instance) == [Epoch(1)])
    try Files.makeDirectory(folder.path + "/Not an instance")
    try files.removeForgotten(except: [], before: later)
    #expect(try Files.names(in: folder.path) == ["Not an instance"])
  }

  @Test("What was quiet is looked at once it is written to, again while it grows, then no more.")
  func pace() async throws {
    try append(64 << 10, 1, .stdout)
    let first = LogLook.take(at: LogWatch(subject(1, space: 1 << 20)), in: files)
    // What was there before is noted with a time, and then nothing is due.
    #expect(first.due == nil && first.watch.marked == first.watch.sizes)
    try append(64 << 10, 1, .stderr)
    var watch = first.watch
    watch.lastLook = nil
    let grown = LogLook.take(at: watch, in: files)
    let hasty = try #require(grown.due) - HostClock.bootTime
    #expect(hasty <= LogPace.hasty)
    // Quiet, but not yet noted: a mark is made when the last one is a second old.
    let quiet = LogLook.take(at: grown.watch, in: files)
    #expect(quiet.due == first.watch.lastMark.map { $0 + .seconds(1) })
    await blocking.shutDown()
  }

  @Test("A write into a folder wakes who waits for it, once for each time it was armed.")
  func folderWatch() throws {
    try append(64 << 10, 1, .stdout)
    let folders = try FolderWatch()
    let number = try folders.arm("\(folder.path)/\(instance)")
    #expect(try folders.wait(upTo: .zero) == [])
    try append(64 << 10, 1, .stderr)
    try append(64 << 10, 1, .stdout)
    #expect(try folders.wait(upTo: nil) == [number])
    try append(64 << 10, 1, .stdout)
    #expect(try folders.wait(upTo: .zero) == [])
    folders.wake()
    #expect(try folders.wait(upTo: nil) == [])
    #expect(throws: ProcessError(call: "inotify_add_watch \(folder.path)/none", errno: ENOENT)) {
      try folders.arm("\(folder.path)/none")
    }
  }

  @Test("A thousand instances that write nothing are not looked at: their thread sleeps.")
  func cost() async throws {
    var subjects: [LogSubject] = []
    for slot in 0..<1000 {
      let instance = try InstanceID("web.\(slot)")
      for stream in LogRequest.Stream.allCases {
        close(try files.open(instance, Epoch(UInt64(slot)), stream))
      }
      subjects.append(
        LogSubject(instance: instance, epoch: Epoch(UInt64(slot)), settings: LogSettings()))
    }
    let folders = try FolderWatch()
    let mail = LogMail(waking: folders)
    mail.put(subjects)
    let (files, blocking) = (files, blocking)
    async let looks = BlockingThread.run {
      var loop = LogLoop(
        logs: files, folders: folders, mail: mail, blocking: blocking,
        log: Logger(label: "test"))
      loop.run()
      return loop.looks
    }
    // The second letter is taken once the first round is over, however busy the machine is.
    while !mail.isRead { try await Task.sleep(for: .milliseconds(5)) }
    mail.put(subjects)
    while !mail.isRead { try await Task.sleep(for: .milliseconds(5)) }
    // Long enough for a second round, if there were one.
    try await Task.sleep(for: .milliseconds(2500))
    mail.end()
    // Once each, after waiting for writes began.
    #expect(try await looks == 1000)
    await blocking.shutDown()
  }
}
