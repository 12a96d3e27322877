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

@Suite struct RecordStoreTests {
  @Test("What was written is read back, in the order of epochs.")
  func roundTrip() throws {
    let folder = try ScratchFolder()
    let store = try RecordStore(stateDirectory: folder.path)
    var expected: [PlacementRecordFile] = []
    for epoch in [UInt64(2), 10] {
      var memory = PlacementMemory(desired: try samplePlacement(epoch: epoch))
      memory.process = ProcessKey(pid: 7, startTicks: 99)
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
      expected.append(PlacementRecordFile(bootID: "1-2", memory: memory))
      try store.write(try #require(expected.last))
    }
    let (records, faults) = try store.load()
    #expect(records == expected)
    #expect(faults.isEmpty)
    try store.remove(Epoch(2))
    try store.remove(Epoch(2))
    #expect(try store.load().records == [expected[1]])
  }

  @Test(
    "A record that is not one is set aside and named, and the others are read.",
    arguments: ["", "{", "[]", "{\"version\": 99}"])
  func corrupt(text: String) throws {
    let folder = try ScratchFolder()
    let store = try RecordStore(stateDirectory: folder.path)
    let good = PlacementRecordFile(
      bootID: "1-2", memory: PlacementMemory(desired: try samplePlacement(epoch: 4)))
    try store.write(good)
    try Files.replace("5.json", in: store.directory, with: Array(text.utf8))
    let (records, faults) = try store.load()
    #expect(records == [good])
    #expect(faults.count == 1)
    #expect("\(faults)".contains("5.json"))
    #expect(try Files.names(in: store.directory).sorted() == ["4.json", "5.json.corrupt"])
    #expect(try store.load().faults.isEmpty)
  }

  @Test("A record under another epoch's name, and one of a later version, are not taken.")
  func misplaced() throws {
    let folder = try ScratchFolder()
    let store = try RecordStore(stateDirectory: folder.path)
    var record = PlacementRecordFile(
      bootID: "1-2", memory: PlacementMemory(desired: try samplePlacement(epoch: 4)))
    record.version = 2
    try store.write(record)
    try Files.rename(store.directory + "/4.json", to: store.directory + "/6.json")
    #expect(try store.load().faults.count == 1)
  }

  @Test("What a crash left of a write is removed.")
  func unfinishedWrite() throws {
    let folder = try ScratchFolder()
    let store = try RecordStore(stateDirectory: folder.path)
    try Files.replace("4.json.tmp", in: store.directory, with: Array("{".utf8))
    let (records, faults) = try store.load()
    #expect(records.isEmpty && faults.isEmpty)
    #expect(try Files.names(in: store.directory) == [])
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
