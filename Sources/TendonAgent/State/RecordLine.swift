// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import TendonJSON
import TendonModel

/// Makes records into JSON; what they have in common, once.
final class RecordEncoder {
  private let splices = JSONSplices()
  private let whole = JSONEncoder()
  private let part = JSONEncoder()

  init() { whole.userInfo[.sharedPartMarks] = splices }

  func encode(_ record: RememberedPlacement) -> [UInt8] {
    do {
      return try splices.splice(try whole.encode(record)) { Array(try part.encode($0)) }
    } catch {
      preconditionFailure("a record holds nothing that JSON cannot: \(error)")
    }
  }
}

/// One line of the journal: `CRC EPOCH JSON`, or `CRC EPOCH -` for a placement that is gone. The checksum, in eight
/// hexadecimal digits, is over what follows it.
struct RecordLine: Hashable, Sendable {
  let epoch: Epoch
  let isRemoval: Bool
  /// With the line feed.
  let bytes: [UInt8]

  init(_ content: Content, _ encoder: RecordEncoder) {
    switch content {
    case .record(let record):
      self.init(epoch: record.epoch, isRemoval: false, body: encoder.encode(record))
    case .removal(let epoch): self.init(removing: epoch)
    }
  }

  init(removing epoch: Epoch) {
    self.init(epoch: epoch, isRemoval: true, body: [UInt8(ascii: "-")])
  }

  private init(epoch: Epoch, isRemoval: Bool, body: [UInt8]) {
    self.epoch = epoch
    self.isRemoval = isRemoval
    let rest = Array("\(epoch) ".utf8) + body
    let digits = String(CRC32.of(rest), radix: 16)
    var bytes = Array((String(repeating: "0", count: 8 - digits.count) + digits + " ").utf8)
    bytes += rest
    bytes.append(UInt8(ascii: "\n"))
    self.bytes = bytes
  }

  /// What a line says.
  enum Content: Hashable, Sendable {
    case record(RememberedPlacement)
    case removal(Epoch)
  }

  /// Why a line says nothing.
  enum Fault: Error {
    case damaged
    case unreadable(String)
  }

  /// - Parameter line: without its line feed.
  static func read(_ line: ArraySlice<UInt8>) throws(Fault) -> Content {
    let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 2)
    guard parts.count == 3, parts[0].count == 8, parts[0].startIndex == line.startIndex,
      parts[0].allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }),
      let sum = UInt32(String(decoding: parts[0], as: UTF8.self), radix: 16),
      CRC32.of(line[parts[1].startIndex...]) == sum,
      let epoch = UInt64(String(decoding: parts[1], as: UTF8.self))
    else { throw .damaged }
    if parts[2].elementsEqual([UInt8(ascii: "-")]) { return .removal(Epoch(epoch)) }
    let record: RememberedPlacement
    do {
      record = try JSONDecoder().decode(RememberedPlacement.self, from: Data(parts[2]))
    } catch {
      throw .unreadable("\(error)")
    }
    guard record.version == RememberedPlacement.currentVersion else {
      throw .unreadable("version \(record.version) is not known")
    }
    guard record.epoch == Epoch(epoch) else {
      throw .unreadable("it holds epoch \(record.epoch) under \(epoch)")
    }
    return .record(record)
  }
}
