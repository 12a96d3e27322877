// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

@testable import TendonAgent
@testable import TendonCore
@testable import TendonModel

/// A folder of its own for one test, removed with this object.
final class ScratchFolder {
  let path: String

  init() throws {
    var template = Array("/tmp/tendon-agent-test.XXXXXX".utf8CString)
    let made = try #require(mkdtemp(&template))
    path = String(cString: made)
  }

  deinit { Self.remove(path) }

  private static func remove(_ path: String) {
    // A folder that cannot be listed stays behind, in /tmp.
    for name in (try? Files.names(in: path)) ?? [] {
      let inner = path + "/" + name
      if unlink(inner) != 0 { remove(inner) }
    }
    rmdir(path)
  }

  func write(_ text: String, to name: String) throws {
    try Files.replace(name, in: path, with: Array(text.utf8))
  }
}

func samplePlacement(epoch: UInt64) throws -> DesiredPlacement {
  let service = try ServiceName("web")
  return DesiredPlacement(
    epoch: Epoch(epoch), instance: InstanceID(service: service, slot: 0),
    host: try HostID("host1"), spec: ServiceSpec(name: service, command: ["/bin/true"]),
    resources: Resources(), resourcesRevision: Revision(3),
    placedAt: Timestamp(millisecondsSinceEpoch: 5))
}

func sampleRecord(epoch: UInt64, message: String = "") throws -> RememberedPlacement {
  var memory = PlacementMemory(desired: try samplePlacement(epoch: epoch))
  memory.process = ProcessKey(pid: 7, startTicks: 99)
  memory.message = message
  memory.lastExit = ExitReport(
    status: .signaled(signal: 9, coreDumped: false), at: Timestamp(millisecondsSinceEpoch: 1),
    outOfMemory: true)
  memory.limits = LimitsOutcome(
    revision: Revision(3), microseconds: 42,
    knobs: [
      KnobReport(
        knob: "cpu.max", requested: "limit 2", written: "200000 100000",
        readBack: "200000 100000", isInForce: true)
    ])
  return RememberedPlacement(bootID: "1-2", memory: memory)
}

@Suite struct RecordStoreTests {
  @Test("What was written is read back, in the order of epochs, the newest of each.")
  func roundTrip() throws {
    let folder = try ScratchFolder()
    let store = RecordStore(stateDirectory: folder.path)
    try store.write(try sampleRecord(epoch: 10))
    try store.write(try sampleRecord(epoch: 2, message: "old"))
    try store.write(try sampleRecord(epoch: 2, message: "new"))
    let again = RecordStore(stateDirectory: folder.path)
    let (records, faults) = try again.load()
    #expect(records == [try sampleRecord(epoch: 2, message: "new"), try sampleRecord(epoch: 10)])
    #expect(faults.isEmpty)
    try again.remove(Epoch(2))
    try again.remove(Epoch(2))
    #expect(try store.load().records == [try sampleRecord(epoch: 10)])
  }

  @Test("Nothing was ever written: nothing is read, and no file is made.")
  func empty() throws {
    let folder = try ScratchFolder()
    let (records, faults) = try RecordStore(stateDirectory: folder.path).load()
    #expect(records.isEmpty && faults.isEmpty)
    #expect(try Files.names(in: folder.path).isEmpty)
  }

  @Test("The checksum is that of zlib.")
  func checksum() { #expect(CRC32.of(Array("123456789".utf8)) == 0xCBF4_3926) }

  @Test(
    "A line that is none is told and put aside, and the others are read.",
    arguments: ["\n", "{\n", "00000000 5 -\n", "zzzzzzzz 5 -\n", "\0\0\0\n", "  \n"])
  func noLine(text: String) throws {
    let folder = try ScratchFolder()
    let store = RecordStore(stateDirectory: folder.path)
    try store.write(try sampleRecord(epoch: 4))
    let good = try Files.read(store.path)
    try folder.write(
      text + String(decoding: good, as: UTF8.self), to: "placements.journal")
    let (records, faults) = try store.load()
    #expect(records == [try sampleRecord(epoch: 4)])
    #expect(faults.count == 1 && "\(faults)".contains("placements.journal"))
    #expect(
      try Files.names(in: folder.path).sorted()
        == ["placements.journal", "placements.journal.damaged"])
    #expect(try store.load().faults.isEmpty)
  }

  @Test("A record of a later version, or under another's epoch, is not taken.")
  func unknown() throws {
    let folder = try ScratchFolder()
    let store = RecordStore(stateDirectory: folder.path)
    var record = try sampleRecord(epoch: 4)
    record.version = 2
    try store.write(record)
    let (records, faults) = try store.load()
    #expect(records.isEmpty)
    #expect("\(faults)".contains("version 2"))
  }

  @Test("What no longer counts does not pile up.")
  func rewritten() throws {
    let folder = try ScratchFolder()
    let store = RecordStore(stateDirectory: folder.path)
    let long = String(repeating: "x", count: 100_000)
    for round in 0..<40 {
      try store.write(try sampleRecord(epoch: UInt64(1 + round % 2), message: "\(round) \(long)"))
    }
    #expect(try Files.read(store.path).count < 2_000_000)
    let records = try RecordStore(stateDirectory: folder.path).load().records
    #expect(records.map(\.memory.message) == ["38 \(long)", "39 \(long)"])
  }

  @Test("A journal that somebody removed is written anew, with all that counts.")
  func removedFile() throws {
    let folder = try ScratchFolder()
    let store = RecordStore(stateDirectory: folder.path)
    try store.write(try sampleRecord(epoch: 1))
    try Files.remove(store.path)
    try store.write(try sampleRecord(epoch: 2))
    #expect(try RecordStore(stateDirectory: folder.path).load().records.count == 2)
  }

  @Test("A journal that was not read before it is written to keeps what is in it.")
  func unreadFile() throws {
    let folder = try ScratchFolder()
    try RecordStore(stateDirectory: folder.path).write(try sampleRecord(epoch: 1))
    let store = RecordStore(stateDirectory: folder.path)
    try store.write(try sampleRecord(epoch: 2))
    #expect(try store.load().records.count == 2)
  }

  @Test("What cannot be read at all is put aside, and a new journal begins.")
  func unreadable() throws {
    let folder = try ScratchFolder()
    try Files.makeDirectory(folder.path + "/placements.journal")
    let store = RecordStore(stateDirectory: folder.path)
    #expect(throws: StateError.self) { try store.load() }
    try store.write(try sampleRecord(epoch: 2))
    #expect(try store.load().records.count == 1)
    #expect(try Files.names(in: folder.path).contains("placements.journal.damaged"))
  }

  @Test("Many at once share their writes, and each is durable when it is told so.")
  func together() async throws {
    let folder = try ScratchFolder()
    let store = RecordStore(stateDirectory: folder.path)
    let blocking = Blocking.start(threads: 2)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for epoch in 1...200 {
        let record = try sampleRecord(epoch: UInt64(epoch))
        group.addTask { try await store.commit(.record(record), on: blocking) }
      }
      try await group.waitForAll()
    }
    #expect(try RecordStore(stateDirectory: folder.path).load().records.count == 200)
    await blocking.shutDown()
  }

  @Test("A second agent is told that the state directory is in use.")
  func lock() throws {
    let folder = try ScratchFolder()
    let first = try StateLock(directory: folder.path)
    #expect(throws: StateError.locked(path: folder.path + "/agent.lock")) {
      _ = try StateLock(directory: folder.path)
    }
    withExtendedLifetime(first) {}
  }

  @Test("A token is one word on one line.", arguments: [("abc\n", "abc"), ("  abc", "abc")])
  func token(text: String, expected: String) throws {
    let folder = try ScratchFolder()
    try folder.write(text, to: "token")
    #expect(try TokenFile.read(folder.path + "/token") == expected)
  }

  @Test("A file without a token is refused.", arguments: ["", "\n", "a b", "é"])
  func noToken(text: String) throws {
    let folder = try ScratchFolder()
    try folder.write(text, to: "token")
    #expect(throws: StateError.badToken(path: folder.path + "/token")) {
      try TokenFile.read(folder.path + "/token")
    }
  }
}
