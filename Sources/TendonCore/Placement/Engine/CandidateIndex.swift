// SPDX-License-Identifier: Apache-2.0

/// The ranks of all hosts for one class of demands, in the order of a layout, so that the best one is found at once: in
/// blocks of one cache line, with the best of each block beside them, and the best of each row of blocks beside those. A
/// change touches three lines.
struct CandidateIndex {
  static let blockSize = 16
  /// The rank of a host that can't take the instance.
  static let none = Int32.min

  private var ranks: [Int32]
  private var best: [Int32]
  /// Of each row of `blockSize` blocks; a row may be of several groups.
  private var rows: [Int32]

  init(blockCount: Int) {
    let rowCount = (blockCount + Self.blockSize - 1) / Self.blockSize
    ranks = Array(repeating: Self.none, count: blockCount * Self.blockSize)
    best = Array(repeating: Self.none, count: rowCount * Self.blockSize)
    rows = Array(repeating: Self.none, count: rowCount)
  }

  /// For those who change many ranks.
  struct Access {
    fileprivate let ranks: UnsafeMutableBufferPointer<Int32>
    fileprivate let best: UnsafeMutableBufferPointer<Int32>
    fileprivate let rows: UnsafeMutableBufferPointer<Int32>

    @inline(__always)
    func set(_ rank: Int32, at position: Int) {
      let old = ranks[position]
      if rank == old { return }
      ranks[position] = rank
      let block = position / CandidateIndex.blockSize
      let before = best[block]
      CandidateIndex.lift(old, rank, in: ranks, block, best)
      guard best[block] != before else { return }
      CandidateIndex.lift(before, best[block], in: best, block / CandidateIndex.blockSize, rows)
    }
  }

  mutating func change(_ body: (Access) -> Void) {
    ranks.withUnsafeMutableBufferPointer { ranks in
      best.withUnsafeMutableBufferPointer { best in
        rows.withUnsafeMutableBufferPointer { rows in
          body(Access(ranks: ranks, best: best, rows: rows))
        }
      }
    }
  }

  mutating func set(_ rank: Int32, at position: Int) { change { $0.set(rank, at: position) } }

  /// Fills one group anew.
  mutating func fill(_ group: HostLayout.Group, rank: (Int) -> Int32) {
    change { access in
      let first = group.firstBlock * Self.blockSize
      for (place, host) in group.members.enumerated() {
        access.ranks[first + place] = rank(Int(host))
      }
      let blocks = group.firstBlock..<group.firstBlock + group.blockCount
      for block in blocks { access.best[block] = Self.highest(access.ranks, block) }
      for row in Set(blocks.map { $0 / Self.blockSize }) {
        access.rows[row] = Self.highest(access.best, row)
      }
    }
  }

  /// One of the values of a block went from `old` to `new`: so may its best.
  @inline(__always)
  private static func lift(
    _ old: Int32, _ new: Int32, in values: UnsafeMutableBufferPointer<Int32>, _ block: Int,
    _ best: UnsafeMutableBufferPointer<Int32>
  ) {
    if new >= best[block] {
      best[block] = new
    } else if old == best[block] {
      best[block] = highest(values, block)
    }
  }

  @inline(__always)
  private static func highest(
    _ values: UnsafeMutableBufferPointer<Int32>, _ block: Int
  ) -> Int32 {
    var highest = none
    for place in block * blockSize..<(block + 1) * blockSize {
      highest = max(highest, values[place])
    }
    return highest
  }

  /// The best rank of a group.
  @inline(__always)
  func top(_ group: HostLayout.Group) -> Int32 {
    best.withUnsafeBufferPointer { best in
      rows.withUnsafeBufferPointer { rows in
        var top = Self.none
        var block = group.firstBlock
        let end = block + group.blockCount
        while block < end {
          if Self.isRow(block, end) {
            top = max(top, rows[block / Self.blockSize])
            block += Self.blockSize
          } else {
            top = max(top, best[block])
            block += 1
          }
        }
        return top
      }
    }
  }

  /// The first host of a group that has its best rank.
  @inline(__always)
  func host(of group: HostLayout.Group, with top: Int32) -> Int {
    best.withUnsafeBufferPointer { best in
      rows.withUnsafeBufferPointer { rows in
        ranks.withUnsafeBufferPointer { ranks in
          var block = group.firstBlock
          let end = block + group.blockCount
          while best[block] != top {
            let isSkipped = Self.isRow(block, end) && rows[block / Self.blockSize] != top
            block += isSkipped ? Self.blockSize : 1
          }
          var position = block * Self.blockSize
          while ranks[position] != top { position += 1 }
          return Int(group.members[position - group.firstBlock * Self.blockSize])
        }
      }
    }
  }

  /// Whether a whole row of blocks begins there that is of one group, which ends at `end`.
  @inline(__always)
  private static func isRow(_ block: Int, _ end: Int) -> Bool {
    block.isMultiple(of: blockSize) && block + blockSize <= end
  }
}
