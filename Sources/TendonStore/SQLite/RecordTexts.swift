// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Foundation
import Synchronization
import TendonModel

/// The JSON of a commit's records. It takes longer to make than to store, so that of many records is made on all
/// processors: a thousand resized placements wait for it before the first of them is told to its host.
enum RecordTexts {
  /// Fewer are made sooner than handed out.
  private static let pieceLength = 64

  /// One for each change, in their order; empty where it has no record, or a placement only what its columns have.
  static func make(of changes: [StoreChange]) throws -> [String] {
    let count = (changes.count + pieceLength - 1) / pieceLength
    guard count > 1 else { return try texts(of: changes[...]) }
    let made = Mutex([Result<[String], any Error>?](repeating: nil, count: count))
    DispatchQueue.concurrentPerform(iterations: count) { piece in
      let first = piece * pieceLength
      let part = changes[first..<min(first + pieceLength, changes.count)]
      let result = Result { try texts(of: part) }
      made.withLock { $0[piece] = result }
    }
    return try made.withLock { try $0.flatMap { try $0?.get() ?? [] } }
  }

  /// Equal records have equal texts.
  static func encoder() -> JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }

  static func text(of record: some Encodable, _ encoder: JSONEncoder) throws -> String {
    String(decoding: try encoder.encode(record), as: UTF8.self)
  }

  private static func texts(of changes: ArraySlice<StoreChange>) throws -> [String] {
    let encoder = encoder()
    return try changes.map { change in
      switch change {
      case .putService(let record): try text(of: record, encoder)
      case .putPlacement(let record):
        try PlacementRest(record).map { try text(of: $0, encoder) } ?? ""
      case .putHost(let record): try text(of: record, encoder)
      case .putReservation(let record): try text(of: record, encoder)
      case .appendEvent(let event): try text(of: event, encoder)
      case .removeService, .removePlacement, .removeHost, .removeReservation: ""
      }
    }
  }
}
