// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

@testable import TendonAgent
@testable import TendonCore
@testable import TendonLinux
@testable import TendonModel

/// Limits of several placements on one host, on folders of files that stand for a kernel with cpuset.
@Suite("Limits of a host's placements")
struct InstanceLimitsTests {
  private final class Host {
    let folder: ScratchFolder
    let tree: CgroupTree
    var limits: InstanceLimits

    init(cores: Int) throws {
      folder = try ScratchFolder()
      tree = CgroupTree(root: folder.path + "/cg", controllers: [.cpu, .memory, .pids, .cpuset])
      limits = InstanceLimits(
        tree: tree, storage: .none(reason: "a test"), workDirectory: folder.path + "/work",
        cores: CPUList(0..<cores))
      try Files.makeDirectory(tree.root)
      try put("0", "memory.low")
      try put("0", "memory.min")
    }

    /// A new agent on the same host.
    func restart() throws {
      limits = InstanceLimits(
        tree: tree, storage: .none(reason: "a test"), workDirectory: folder.path + "/work",
        cores: try CpusetController.given(tree.root) ?? CPUList(0..<4))
    }

    func put(_ text: String, _ name: String) throws {
      try Files.replace(
        String(name.split(separator: "/").last ?? ""),
        in: "\(tree.root)/\(name)".split(separator: "/").dropLast()
          .reduce("") { "\($0)/\($1)" }, with: Array(text.utf8))
    }

    func text(_ name: String) throws -> String? { try KernelFile.read("\(tree.root)/\(name)") }

    func placement(
      _ service: String, _ epoch: UInt64, _ resources: Resources
    ) throws -> DesiredPlacement {
      var placement = try samplePlacement(epoch: epoch)
      let spec = ServiceSpec(
        name: try ServiceName(service), command: ["sleep", "inf"], resources: resources)
      placement = DesiredPlacement(
        epoch: placement.epoch, instance: InstanceID(service: spec.name, slot: Int(epoch)),
        host: placement.host, spec: spec, resources: resources, resourcesRevision: Revision(1),
        placedAt: placement.placedAt)
      return placement
    }

    func path(_ placement: DesiredPlacement) -> String {
      tree.path(of: CgroupLeaf(instance: placement.instance, epoch: placement.epoch))
    }

    /// Makes the cgroup's folder and applies the limits, as a start does.
    @discardableResult
    func start(
      _ service: String, _ epoch: UInt64, _ resources: Resources
    ) throws -> (placement: DesiredPlacement, reports: [KnobReport]) {
      let placement = try placement(service, epoch, resources)
      let path = path(placement)
      let slice = tree.slice(of: placement.instance.service)
      for folder in [slice, path] where access(folder, F_OK) != 0 {
        try Files.makeDirectory(folder)
        let short = folder.dropFirst(tree.root.utf8.count + 1)
        for file in ["cpuset.cpus", "memory.reclaim"] { try put("", "\(short)/\(file)") }
        for (file, text) in ["cpu.weight": "100", "memory.low": "0", "memory.min": "0"] {
          try put(text, "\(short)/\(file)")
        }
      }
      return (
        placement, limits.apply(placement, to: CgroupFolder(path), previous: nil, isFresh: true)
      )
    }

    func cores(_ placement: DesiredPlacement) throws -> String? {
      try KernelFile.read(path(placement) + "/cpuset.cpus")
    }

    func cores(_ service: String) throws -> String? { try text("\(service).slice/cpuset.cpus") }

    func end(_ placement: DesiredPlacement) throws -> [String] {
      for name in try Files.names(in: path(placement)) { unlink("\(path(placement))/\(name)") }
      rmdir(path(placement))
      return limits.release(placement)
    }
  }

  @Test(
    "A service's cgroup gets what all that are about to start are entitled to with the first; what never starts gives it back."
  )
  func expected() throws {
    let host = try Host(cores: 4)
    let resources = Resources(
      cpu: CPUResources(request: MilliCPU(500)), memory: MemoryResources(request: .mebibytes(10)))
    try host.limits.expect((1...3).map { try host.placement("web", $0, resources) })
    let (first, _) = try host.start("web", 1, resources)
    let all = Bytes.mebibytes(30).rawValue
    #expect(try host.text("web.slice/memory.low") == "\(all)")
    #expect(try host.text("memory.low") == "\(all)")
    // Not written again: it has what it needs.
    try host.put("17", "web.slice/memory.low")
    try host.start("web", 2, resources)
    #expect(try host.text("web.slice/memory.low") == "17")
    let service = try #require(host.limits.expectNoMore(Epoch(3)))
    #expect(host.limits.expectNoMore(Epoch(3)) == nil)
    _ = host.limits.applyShare(of: service)
    let two = Bytes.mebibytes(20).rawValue
    #expect(try host.text("web.slice/memory.low") == "\(two)")
    #expect(try host.text("memory.low") == "\(two)")
    #expect(try host.end(first) == [])
    #expect(try host.text("web.slice/memory.low") == "\(two / 2)")
  }

  @Test("Exclusive cores are nobody else's: other services share the rest, and get it back.")
  func exclusive() throws {
    let host = try Host(cores: 4)
    try host.start("web", 1, Resources())
    #expect(try host.cores("web") == "")
    let (db, reports) = try host.start("db", 2, Resources(cores: 2))
    #expect(InstanceLimits.refusalOfCores(in: reports) == nil)
    #expect(try host.cores(db) == "2-3")
    #expect(try host.cores("db") == "0-3")
    #expect(try host.cores("web") == "0-1")
    // One that comes later finds them taken.
    try host.start("late", 3, Resources())
    #expect(try host.cores("late") == "0-1")
    let (_, refused) = try host.start("big", 4, Resources(cores: 2))
    #expect(InstanceLimits.refusalOfCores(in: refused)?.contains("1 can be given") == true)
    #expect(try host.end(db) == [])
    #expect(try host.cores("web") == "0-3")
  }

  @Test("A service that comes while cores are taken shares the others from its first process on.")
  func lateService() throws {
    let host = try Host(cores: 4)
    try host.start("db", 1, Resources(cores: 1))
    let (web, _) = try host.start("web", 2, Resources())
    #expect(try host.cores("web") == "0-2")
    #expect(try host.cores(web) == "")
  }

  @Test("Instances of one service that have cores and that share are kept apart one by one.")
  func mixed() throws {
    let host = try Host(cores: 4)
    let (plain, _) = try host.start("web", 1, Resources())
    let (own, _) = try host.start("web", 2, Resources(cores: 2))
    #expect(try host.cores(own) == "2-3")
    #expect(try host.cores(plain) == "0-1")
    #expect(try host.cores("web") == "0-3")
    // Resized live: more, fewer, and none at all.
    var larger = own
    larger.resources.cores = 3
    _ = host.limits.apply(
      larger, to: CgroupFolder(host.path(own)), previous: own.resources, isFresh: false)
    #expect(try host.cores(own) == "1-3")
    #expect(try host.cores(plain) == "0")
    var none = own
    none.resources.cores = nil
    _ = host.limits.apply(
      none, to: CgroupFolder(host.path(own)), previous: larger.resources, isFresh: false)
    #expect(try host.cores(plain) == "0-3")
    #expect(try host.cores("web") == "0-3")
  }

  @Test(
    "A new agent finds in the kernel's files whose cores are whose, and gives out only the others.")
  func restart() throws {
    let host = try Host(cores: 4)
    let (db, _) = try host.start("db", 1, Resources(cores: 2))
    let (web, _) = try host.start("web", 2, Resources())
    try host.restart()
    #expect(host.limits.adopt([db, web].map { ($0, host.path($0)) }) == [])
    let (more, reports) = try host.start("more", 3, Resources(cores: 1))
    #expect(InstanceLimits.refusalOfCores(in: reports) == nil)
    #expect(try host.cores(db) == "2-3")
    #expect(try host.cores(more) == "1")
    #expect(try host.cores("web") == "0")
  }

  @Test("A host without cpuset refuses cores with the reason.")
  func noCpuset() throws {
    let host = try Host(cores: 0)
    #expect(host.limits.exclusiveCores == nil)
    let (_, reports) = try host.start("db", 1, Resources(cores: 1))
    #expect(
      InstanceLimits.refusalOfCores(in: reports)?.contains("no cpuset controller") == true)
  }

  @Test("A service's own cgroup, and the root, are entitled to the sums of requests.")
  func sums() throws {
    let host = try Host(cores: 2)
    let half = Resources(
      cpu: CPUResources(request: MilliCPU(500)),
      memory: MemoryResources(request: .mebibytes(32), isGuaranteed: true))
    let (one, _) = try host.start("web", 1, half)
    try host.start("web", 2, half)
    try host.start("db", 3, Resources(memory: MemoryResources(request: .mebibytes(8))))
    #expect(try host.text("web.slice/cpu.weight") == "100")
    #expect(try host.text("web.slice/memory.low") == "\(64 << 20)")
    #expect(try host.text("web.slice/memory.min") == "\(64 << 20)")
    #expect(try host.text("memory.low") == "\(72 << 20)")
    #expect(try host.text("memory.min") == "\(64 << 20)")
    #expect(try host.end(one) == [])
    #expect(try host.text("web.slice/memory.low") == "\(32 << 20)")
    #expect(try host.text("memory.low") == "\(40 << 20)")
  }

  @Test("What may take seconds has threads of its own: the others go on while all of those wait.")
  func slowThreads() async throws {
    let blocking = Blocking.start(threads: 1)
    let gate = BlockingGate()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<20 {
        group.addTask { await blocking.run(slowly: true) { gate.wait() } }
      }
      // Returns although twenty wait.
      let answer = await blocking.run { 7 }
      #expect(answer == 7)
      gate.open()
    }
    await blocking.shutDown()
    #expect(InstanceLimits.mayWait(Resources(), after: nil))
    let limited = Resources(memory: MemoryResources(limit: .value(.mebibytes(64))))
    #expect(InstanceLimits.mayWait(limited, after: Resources()))
    #expect(!InstanceLimits.mayWait(Resources(), after: limited))
  }
}

/// Holds threads until it is opened.
private final class BlockingGate: Sendable {
  private let ends: [Int32]

  init() {
    var ends: [Int32] = [0, 0]
    precondition(pipe(&ends) == 0)
    self.ends = ends
  }

  deinit { close(ends[0]) }

  func wait() {
    var byte: UInt8 = 0
    // The end of the pipe, once nobody can write any more.
    _ = read(ends[0], &byte, 1)
  }

  func open() { close(ends[1]) }
}
