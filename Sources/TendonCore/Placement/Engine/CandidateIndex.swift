// SPDX-License-Identifier: Apache-2.0

/// The ranks of all hosts for one class of demands, in the order of a layout, so that the best one is found at once: in
/// blocks of one cache line, with the best of each block beside them. A change touches two lines.
struct CandidateIndex {
  static let blockSize = 16
  /// The rank of a host that can't take the instance.
  static let none = Int32.min

  private var ranks: [Int32]
  private var best: [Int32]

  init(blockCount: Int) {
    ranks = Array(repeating: Self.none, count: blockCount * Self.blockSize)
    best = Array(repeating: Self.none, count: blockCount)
  }

  /// For those who change many ranks.
  struct Access {
    fileprivate let ranks: UnsafeMutableBufferPointer<Int32>
    fileprivate let best: UnsafeMutableBufferPointer<Int32>

    @inline(__always)
    func set(_ rank: Int32, at position: Int) {
      let old = ranks[position]
      if rank == old { return }
      ranks[position] = rank
      let block = position / CandidateIndex.blockSize
      if rank >= best[block] {
        best[block] = rank
      } else if old == best[block] {
        best[block] = CandidateIndex.best(ranks, block)
      }
    }
  }

  mutating func change(_ body: (Access) -> Void) {
    ranks.withUnsafeMutableBufferPointer { ranks in
      best.withUnsafeMutableBufferPointer { best in body(Access(ranks: ranks, best: best)) }
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
      for block in group.firstBlock..<group.firstBlock + group.blockCount {
        access.best[block] = Self.best(access.ranks, block)
      }
    }
  }

  @inline(__always)
  private static func best(_ ranks: UnsafeMutableBufferPointer<Int32>, _ block: Int) -> Int32 {
    var best = none
    for place in block * blockSize..<(block + 1) * blockSize { best = max(best, ranks[place]) }
    return best
  }

  /// The best rank of a group.
  @inline(__always)
  func top(_ group: HostLayout.Group) -> Int32 {
    best.withUnsafeBufferPointer { best in
      var top = Self.none
      for block in group.firstBlock..<group.firstBlock + group.blockCount {
        top = max(top, best[block])
      }
      return top
    }
  }

  /// The first host of a group that has a rank, which one has.
  @inline(__always)
  func host(of group: HostLayout.Group, with rank: Int32) -> Int {
    best.withUnsafeBufferPointer { best in
      ranks.withUnsafeBufferPointer { ranks in
        var block = group.firstBlock
        while best[block] != rank { block += 1 }
        var position = block * Self.blockSize
        while ranks[position] != rank { position += 1 }
        return Int(group.members[position - group.firstBlock * Self.blockSize])
      }
    }
  }
}
