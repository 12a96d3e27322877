// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
package import TendonCore
package import TendonModel

/// One placement as it lies on disk.
package struct PlacementRecordFile: Hashable, Sendable, Codable {
  package static let currentVersion = 1

  package var version: Int
  /// The boot that its process belongs to.
  package var bootID: String
  package var memory: PlacementMemory

  enum CodingKeys: String, CodingKey {
    case version, memory
    case bootID = "boot_id"
  }

  package init(bootID: String, memory: PlacementMemory) {
    version = Self.currentVersion
    self.bootID = bootID
    self.memory = memory
  }
}

/// The placement records of this host: a JSON file each, `placements/EPOCH.json` below the state directory. All calls
/// block.
package struct RecordStore: Sendable {
  package let directory: String

  package init(stateDirectory: String) throws(StateError) {
    directory = stateDirectory + "/placements"
    try Files.makeDirectory(directory, mode: 0o700)
  }

  /// Every record that can be read, by epoch. One that cannot is renamed to `EPOCH.json.corrupt`, so that it is
  /// looked at by a person and not by the next agent.
  package func load() throws(StateError) -> (records: [PlacementRecordFile], faults: [StateError]) {
    var records: [PlacementRecordFile] = []
    var faults: [StateError] = []
    for name in try Files.names(in: directory).sorted() {
      let path = directory + "/" + name
      if name.hasSuffix(".tmp") {
        // A write that the crash of an agent cut short; the file it was to replace is whole.
        try Files.remove(path)
      }
      guard name.hasSuffix(".json") else { continue }
      do {
        records.append(try read(name))
      } catch {
        faults.append(error)
        try Files.rename(path, to: path + ".corrupt")
      }
    }
    return (records.sorted { $0.memory.desired.epoch < $1.memory.desired.epoch }, faults)
  }

  private func read(_ name: String) throws(StateError) -> PlacementRecordFile {
    let path = directory + "/" + name
    let bytes = try Files.read(path)
    let record: PlacementRecordFile
    do {
      record = try JSONDecoder().decode(PlacementRecordFile.self, from: Data(bytes))
    } catch {
      throw .malformed(path: path, reason: "\(error)")
    }
    guard record.version == PlacementRecordFile.currentVersion else {
      throw .malformed(path: path, reason: "version \(record.version) is not known")
    }
    guard Self.name(of: record.memory.desired.epoch) == name else {
      throw .malformed(path: path, reason: "it holds epoch \(record.memory.desired.epoch)")
    }
    return record
  }

  /// Durable when it returns.
  package func write(_ record: PlacementRecordFile) throws(StateError) {
    let bytes: Data
    do {
      bytes = try JSONEncoder().encode(record)
    } catch {
      preconditionFailure("a record holds nothing that JSON cannot: \(error)")
    }
    try Files.replace(Self.name(of: record.memory.desired.epoch), in: directory, with: Array(bytes))
  }

  package func remove(_ epoch: Epoch) throws(StateError) {
    try Files.remove(directory + "/" + Self.name(of: epoch))
    try Files.syncDirectory(directory)
  }

  static func name(of epoch: Epoch) -> String { "\(epoch).json" }
}
