// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel

/// What an agent has on its disk: a journal of records, one line each, as `RecordJournal` keeps it. What is asked for while
/// one batch of lines is written goes into the next. A batch counts once it is synced; when its writer dies before that,
/// some of its first lines are whole, and a torn one is not read.
struct SimulatedDisk {
  struct Record {
    /// The boot it was written in.
    var boot: UInt64
    var memory: PlacementMemory
  }

  struct Request {
    var epoch: Epoch
    var isRemoval = false
    var then: Then?
  }

  /// What waits for a write.
  enum Then {
    case goOn(Epoch)
    case acknowledge(Epoch, ProcessKey)
  }

  /// What the next agent finds.
  private(set) var records: [Epoch: Record] = [:]
  private var waiting: [Request] = []
  /// nil is a removal.
  private var lines: [(epoch: Epoch, record: Record?)] = []
  private var then: [Then] = []
  private(set) var isWriting = false

  /// - Returns: whether nothing is being written, so that a batch has to be begun.
  mutating func ask(_ request: Request) -> Bool {
    waiting.append(request)
    return !isWriting
  }

  /// Begins to write what waits.
  /// - Parameter record: the record of a placement as it is now; nil when it is gone, and nothing is written of it.
  /// - Returns: false when nothing waits.
  mutating func begin(_ record: (Epoch) -> Record?) -> Bool {
    isWriting = !waiting.isEmpty
    guard isWriting else { return false }
    // The newest line of each.
    var newest: [Epoch: Record?] = [:]
    for request in waiting {
      if request.isRemoval {
        newest[request.epoch] = .some(nil)
      } else if let record = record(request.epoch) {
        newest[request.epoch] = record
      }
    }
    lines = newest.map { ($0.key, $0.value) }.sorted { $0.epoch < $1.epoch }
    then = waiting.compactMap(\.then)
    waiting = []
    return true
  }

  /// The batch is synced.
  mutating func finish() -> [Then] {
    defer { (lines, then) = ([], []) }
    keep(lines.count)
    return then
  }

  /// Nobody writes any more.
  mutating func interrupt(using random: inout SimulationRandom) {
    if isWriting { keep(Int.random(in: 0...lines.count, using: &random)) }
    (waiting, lines, then, isWriting) = ([], [], [], false)
  }

  private mutating func keep(_ count: Int) {
    for line in lines.prefix(count) { records[line.epoch] = line.record }
  }
}
