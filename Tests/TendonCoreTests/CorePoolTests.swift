// SPDX-License-Identifier: Apache-2.0
import TendonCore
import TendonModel
import Testing

@Suite("Which cores are whose")
struct CorePoolTests {
  private let one = Epoch(1)
  private let two = Epoch(2)
  private let three = Epoch(3)

  @Test("Cores are given from the top, and one always stays shared.")
  func assigns() throws {
    var pool = CorePool(all: CPUList(0..<4))
    #expect(pool.capacity == 3)
    #expect(!pool.isDivided)
    #expect(try pool.assign(2, to: one).cpus == [2, 3])
    #expect(pool.shared.cpus == [0, 1])
    #expect(throws: CorePool.Refusal.tooFew(wanted: 2, free: 1)) { try pool.assign(2, to: two) }
    #expect(pool.held[two] == nil)
    #expect(try pool.assign(1, to: two).cpus == [1])
    #expect(pool.shared.cpus == [0])
    #expect(throws: CorePool.Refusal.tooFew(wanted: 1, free: 0)) { try pool.assign(1, to: three) }
  }

  @Test("Who gets more keeps what it has, and who needs less gives its highest back.")
  func resizes() throws {
    var pool = CorePool(all: CPUList(0..<6))
    #expect(try pool.assign(2, to: one).cpus == [4, 5])
    #expect(try pool.assign(1, to: two).cpus == [3])
    #expect(try pool.assign(3, to: one).cpus == [2, 4, 5])
    #expect(try pool.assign(3, to: one).cpus == [2, 4, 5])
    #expect(try pool.assign(1, to: one).cpus == [2])
    #expect(pool.shared.cpus == [0, 1, 4, 5])
    pool.release(two)
    pool.release(one)
    #expect(pool == CorePool(all: CPUList(0..<6)))
  }

  @Test("After a restart, what the kernel says is taken over; what cannot be is refused.")
  func adopts() throws {
    var pool = CorePool(all: CPUList(0..<4))
    try pool.adopt(CPUList([1, 2]), by: one)
    try pool.adopt(CPUList([]), by: three)
    #expect(pool.shared.cpus == [0, 3])
    #expect(throws: CorePool.Refusal.notFree(CPUList([2, 3]))) {
      try pool.adopt(CPUList([2, 3]), by: two)
    }
    #expect(throws: CorePool.Refusal.notFree(CPUList([7]))) {
      try pool.adopt(CPUList([7]), by: two)
    }
    #expect(throws: CorePool.Refusal.notFree(CPUList([0, 3]))) {
      try pool.adopt(CPUList([0, 3]), by: two)
    }
    #expect(try pool.assign(2, to: one).cpus == [1, 2])
  }

  @Test("A kernel without cpuset gives none and says so.")
  func noCpuset() {
    var pool = CorePool(all: CPUList([]))
    #expect(pool.capacity == nil)
    #expect(throws: CorePool.Refusal.noCpuset) { try pool.assign(1, to: one) }
  }

  @Test("Whatever is asked in whatever order, no core is in two places.", arguments: 1...50)
  func neverOverlaps(seed: Int) {
    var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15
    func next(_ bound: Int) -> Int {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Int(state % UInt64(bound))
    }
    var pool = CorePool(all: CPUList([0, 1, 2, 3, 8, 9, 10, 11]))
    for _ in 0..<200 {
      let epoch = Epoch(UInt64(next(5)))
      if next(3) == 0 {
        pool.release(epoch)
      } else {
        let before = pool
        // Refused: nothing has changed.
        if (try? pool.assign(1 + next(4), to: epoch)) == nil { #expect(pool == before) }
      }
      let all = pool.held.values.flatMap(\.cpus) + pool.shared.cpus
      #expect(all.sorted() == pool.all.cpus)
      #expect(!pool.shared.isEmpty)
    }
  }
}

@Suite("What services are entitled to")
struct HostSharesTests {
  private func resources(_ cpu: Int64, _ memory: Int64, guaranteed: Bool = false) -> Resources {
    Resources(
      cpu: CPUResources(request: MilliCPU(cpu)),
      memory: MemoryResources(request: .mebibytes(memory), isGuaranteed: guaranteed))
  }

  @Test("Sums follow what comes, changes and goes.")
  func sums() throws {
    let (web, db) = (try ServiceName("web"), try ServiceName("db"))
    var shares = HostShares()
    shares.set(resources(100, 64), of: Epoch(1), in: web)
    shares.set(resources(200, 32, guaranteed: true), of: Epoch(2), in: web)
    shares.set(resources(50, 8), of: Epoch(3), in: db)
    #expect(shares.share(of: web)?.cpuRequests == MilliCPU(300))
    #expect(shares.share(of: web)?.memoryRequests == .mebibytes(96))
    #expect(shares.share(of: web)?.memoryGuaranteed == .mebibytes(32))
    #expect(shares.total.memoryRequests == .mebibytes(104))
    var larger = resources(400, 64)
    larger.serviceLimits.cpu = .value(MilliCPU(2000))
    larger.cores = 2
    shares.set(larger, of: Epoch(1), in: web)
    #expect(shares.share(of: web)?.cpuRequests == MilliCPU(2200))
    #expect(shares.share(of: web)?.limits == larger.serviceLimits)
    shares.remove(Epoch(1))
    shares.remove(Epoch(1))
    shares.remove(Epoch(2))
    #expect(shares.share(of: web) == nil)
    #expect(shares.services == [db])
    shares.remove(Epoch(3))
    #expect(shares == HostShares())
  }
}
