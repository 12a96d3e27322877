// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

@testable import TendonAgent
@testable import TendonCore
@testable import TendonModel

@Suite("Damage to the journal", .timeLimit(.minutes(1)))
struct RecordDamageTests {
  /// Three records, one of them written twice and one removed.
  private static func journal() throws -> (bytes: [UInt8], ends: [Int]) {
    let folder = try ScratchFolder()
    let store = RecordStore(stateDirectory: folder.path)
    var ends = [0]
    func note() throws { ends.append(try Files.read(store.path).count) }
    try store.write(try sampleRecord(epoch: 1))
    try note()
    try store.write(try sampleRecord(epoch: 2, message: "first"))
    try note()
    try store.write(try sampleRecord(epoch: 2, message: "second"))
    try note()
    try store.remove(Epoch(1))
    try note()
    try store.write(try sampleRecord(epoch: 3))
    try note()
    return (try Files.read(store.path), ends)
  }

  private static func epochs(_ records: [RememberedPlacement]) -> [UInt64] {
    records.map(\.epoch.rawValue)
  }

  @Test("Cut off at whatever length it holds what was whole, and goes on from there.")
  func truncated() throws {
    let (bytes, ends) = try Self.journal()
    let whole: [[UInt64]] = [[], [1], [1, 2], [1, 2], [2], [2, 3]]
    let folder = try ScratchFolder()
    for length in 0...bytes.count
    where length % 8 == 0 || ends.contains(where: { abs($0 - length) < 2 }) {
      try Files.replace("placements.journal", in: folder.path, with: Array(bytes[..<length]))
      let store = RecordStore(stateDirectory: folder.path)
      let (records, faults) = try store.load()
      let lines = try #require(ends.lastIndex { $0 <= length })
      #expect(Self.epochs(records) == whole[lines], "\(length) bytes")
      #expect(faults.isEmpty == ends.contains(length), "\(length) bytes: \(faults)")
      guard length % 64 == 0 else { continue }
      try store.write(try sampleRecord(epoch: 9))
      let after = try RecordStore(stateDirectory: folder.path).load()
      #expect(Self.epochs(after.records) == whole[lines] + [9], "\(length) bytes")
      #expect(after.faults.isEmpty)
    }
  }

  @Test("One byte changed somewhere costs at most one line, which is told.")
  func flipped() throws {
    let (bytes, ends) = try Self.journal()
    let folder = try ScratchFolder()
    for place in stride(from: 0, to: bytes.count, by: 13) {
      var damaged = bytes
      damaged[place] ^= UInt8(1 << (place % 8))
      try Files.replace("placements.journal", in: folder.path, with: damaged)
      let store = RecordStore(stateDirectory: folder.path)
      let (records, faults) = try store.load()
      #expect(!faults.isEmpty, "byte \(place)")
      let line = try #require(ends.lastIndex { $0 <= place })
      // A line feed that is none joins two lines.
      let lost = damaged[place] == 10 || bytes[place] == 10 ? [line, line + 1] : [line]
      for (epoch, written) in [(UInt64(2), 2), (3, 4)] where !lost.contains(written) {
        #expect(Self.epochs(records).contains(epoch), "byte \(place)")
      }
      if !lost.contains(2) {
        let message = records.first { $0.epoch == Epoch(2) }?.memory.message
        #expect(message == "second", "byte \(place)")
      }
    }
  }

  @Test(
    "A full disk keeps nothing that is there from being read, and is written once there is room.")
  func full() throws {
    try Disk.with(bytes: 64 << 10) { disk in
      let store = RecordStore(stateDirectory: disk.path)
      try store.write(try sampleRecord(epoch: 1, message: "before"))
      let ballast = try disk.fill()
      let long = String(repeating: "x", count: 60_000)
      #expect {
        try store.write(try sampleRecord(epoch: 2, message: long))
      } throws: { "\($0)".contains("No space left on device") }
      #expect(store.isBehind)
      #expect(try RecordStore(stateDirectory: disk.path).load().records.count == 1)
      #expect(throws: StateError.self) { try store.retry() }
      try Files.remove(ballast)
      // Smaller than what there is room for now.
      try store.write(try sampleRecord(epoch: 2, message: "after"))
      #expect(!store.isBehind)
      let (records, faults) = try RecordStore(stateDirectory: disk.path).load()
      #expect(records.map(\.memory.message) == ["before", "after"] && faults.isEmpty)
    }
  }

  @Test("Placements that run are remembered on a full disk too, from what was set aside for it.")
  func reserve() throws {
    try Disk.with(bytes: 1 << 20) { disk in
      let store = RecordStore(stateDirectory: disk.path)
      try store.write(try sampleRecord(epoch: 1))
      _ = try disk.fill()
      for round in 0..<50 { try store.write(try sampleRecord(epoch: 1, message: "\(round)")) }
      let records = try RecordStore(stateDirectory: disk.path).load().records
      #expect(records.map(\.memory.message) == ["49"])
    }
  }

  @Test("A disk that can only be read is read, locked, and told of.")
  func readOnly() throws {
    try Disk.with(bytes: 1 << 20) { disk in
      let store = RecordStore(stateDirectory: disk.path)
      try store.write(try sampleRecord(epoch: 1))
      withExtendedLifetime(try StateLock(directory: disk.path)) {}
      try disk.setReadOnly(true)
      let next = RecordStore(stateDirectory: disk.path)
      let lock = try StateLock(directory: disk.path)
      #expect(throws: StateError.locked(path: disk.path + "/agent.lock")) {
        _ = try StateLock(directory: disk.path)
      }
      #expect(try next.load().records.count == 1)
      #expect {
        try next.write(try sampleRecord(epoch: 2))
      } throws: { "\($0)".contains("Read-only file system") }
      try disk.setReadOnly(false)
      try next.retry()
      #expect(try RecordStore(stateDirectory: disk.path).load().records.count == 2)
      withExtendedLifetime(lock) {}
    }
  }
}
