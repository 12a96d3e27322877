// SPDX-License-Identifier: Apache-2.0
import Glibc
import SystemPackage
import TendonModel
import Testing

@testable import TendonLinux

enum RealCgroups {
  static var disk: BlockDevice? {
    // Whatever is missing, there is no disk to test with.
    guard areThere, case .disk(let device)? = try? InstanceStorage.behind("/var/tmp"),
      let mount = try? CgroupMount.discover(),
      let text = try? KernelFile.read(mount.mountPoint + "/cgroup.controllers"),
      Controller.list(text).contains(.io)
    else { return nil }
    return device
  }

  static var areThere: Bool {
    // Whatever is missing, the answer is the same: not here.
    guard getuid() == 0, let mount = try? CgroupMount.discover(),
      let text = try? KernelFile.read(mount.mountPoint + "/cgroup.controllers")
    else { return false }
    return Controller.required.allSatisfy(Controller.list(text).contains)
  }
}

/// Against the kernel's own cgroups: as root, where cgroup v2 has the controllers.
@Suite(
  "Limits in a real kernel",
  .enabled(if: RealCgroups.areThere, "needs root and cgroup v2 with cpu, memory and pids"),
  .serialized)
struct CgroupKernelTests {
  let tree: CgroupTree
  let leaf: CgroupLeaf
  let path: String
  let writer: LimitsWriter

  init() throws {
    let mount = try CgroupMount.discover()
    tree = try CgroupTree.prepare(root: mount.mountPoint + "/tendon-test", in: mount)
    leaf = CgroupLeaf(instance: try InstanceID("web.0"), epoch: Epoch(UInt64(getpid())))
    path = try tree.create(leaf)
    writer = LimitsWriter(
      storage: try InstanceStorage.behind("/var/tmp"), shrinkDeadline: Span(milliseconds: 500))
  }

  private func end() throws {
    try CgroupEnd.kill(path, waitingUpTo: .seconds(10))
    try tree.remove(leaf)
    try Folders.remove(tree.root)
  }

  private func start(_ script: String) throws -> ChildProcess {
    let folder = FileDescriptor(rawValue: try CgroupFolder(tree.path(of: leaf)).take())
    defer { close(folder.rawValue) }
    var command = ChildProcess.Command(arguments: ["/bin/sh", "-c", script])
    command.cgroup = folder
    return try ChildProcess(command)
  }

  private let small = Resources(
    cpu: CPUResources(request: MilliCPU(250), limit: .value(MilliCPU(500))),
    memory: MemoryResources(request: .mebibytes(4), limit: .value(Bytes(50_000_000))),
    pids: .value(20))

  @Test("What is written is what the kernel then says, doubled without a restart, with use.")
  func resize() throws {
    let child = try start("while :; do :; done")
    let first = writer.apply(small, to: path)
    #expect(first.allSatisfy { $0.isInForce }, "\(first)")
    #expect(first.first { $0.knob == "memory.max" }?.note?.contains("pages") == true)
    var large = small
    large.cpu.limit = .value(MilliCPU(1000))
    large.memory.limit = .value(.mebibytes(96))
    let second = writer.apply(large, to: path, previous: small)
    #expect(second.allSatisfy { $0.isInForce }, "\(second)")
    #expect(try KernelFile.read(path + "/cpu.max") == "100000 100000")
    #expect(try KernelFile.read(path + "/memory.max") == String(96 << 20))
    let read = try LimitsReader(storage: writer.storage).read(path, resources: large)
    #expect(read.allSatisfy { $0.isInForce })
    #expect(read.first { $0.knob == "cpu.max" }?.use?.contains("throttled in") == true)
    #expect(read.first { $0.knob == "pids.max" }?.use == "1 in use")
    #expect(try CgroupProcesses.list(path) == [child.pid])
    #expect(try CgroupUsage.read(path)?.isPopulated == true)
    #expect(try tree.leaves().contains(leaf))
    #expect(throws: CgroupError.cannotRemove(path: path, errno: EBUSY)) { try tree.remove(leaf) }
    try end()
    #expect(try child.wait() == .signaled(signal: SIGKILL, coreDumped: false))
    #expect(try CgroupUsage.read(path) == nil)
  }

  @Test("A limit below what is in use is refused and kills nothing.")
  func shrink() throws {
    // 24 MB that can't be reclaimed (no swap), in one string of the shell.
    let child = try start("x=$(head -c 24000000 /dev/zero | tr '\\0' x); echo ready; sleep 1000")
    var wide = small
    wide.memory.limit = .value(.mebibytes(256))
    _ = writer.apply(wide, to: path)
    let full = ContinuousClock.now + .seconds(60)
    while try MemoryController.number("memory.current", at: path) ?? 0 < 24_000_000,
      ContinuousClock.now < full
    { sched_yield() }
    var tight = wide
    tight.memory.limit = .value(.mebibytes(16))
    tight.memory.request = .mebibytes(4)
    let reports = writer.apply(tight, to: path, previous: wide)
    let max = try #require(reports.first { $0.knob == "memory.max" })
    #expect(!max.isInForce)
    #expect(max.readBack == String(256 << 20))
    #expect(max.note?.contains("too many are in use") == true, "\(max)")
    #expect(try CgroupUsage.oomKills(path) == 0)
    #expect(!child.pidfd.hasEnded)
    let high = MemoryController.high(for: wide.memory.limit).map(String.init)
    #expect(try KernelFile.read(path + "/memory.high") == high)
    try end()
    _ = try child.wait()
  }

  @Test(
    "A rate is held for the disk behind the files.",
    .enabled(if: RealCgroups.disk != nil, "needs the io controller and a disk behind /var/tmp"))
  func io() throws {
    let device = try #require(RealCgroups.disk)
    var limited = small
    limited.io.write = .value(ByteRate(1_000_000))
    let reports = writer.apply(limited, to: path)
    let report = try #require(reports.first { $0.knob == "io.max" })
    #expect(report.isInForce, "\(report)")
    #expect(report.readBack == "\(device) rbps=max wbps=1000000 riops=max wiops=max")
    let freed = writer.apply(small, to: path, previous: limited)
    #expect(freed.first { $0.knob == "io.max" }?.isInForce == true)
    #expect(try KernelFile.read(path + "/io.max") == "")
    try end()
  }

  @Test("Page cache gives way to a lower limit, and nothing is killed.")
  func shrinkCache() throws {
    var wide = small
    wide.memory.limit = .value(.mebibytes(256))
    _ = writer.apply(wide, to: path)
    let file = "/var/tmp/tendon-test-\(getpid())"
    defer { unlink(file) }
    let child = try start(
      "dd if=/dev/zero of=\(file) bs=1M count=24 conv=fsync 2>/dev/null; echo >\(file).done; sleep 1000"
    )
    defer { unlink(file + ".done") }
    while !KernelFile.exists(file + ".done"), !child.pidfd.hasEnded {
      _ = child.pidfd.waitUntilEnded(within: .milliseconds(20))
    }
    try #require(!child.pidfd.hasEnded)
    var tight = wide
    tight.memory.limit = .value(.mebibytes(16))
    let reports = writer.apply(tight, to: path, previous: wide)
    #expect(reports.allSatisfy { $0.isInForce }, "\(reports)")
    #expect(try CgroupUsage.oomKills(path) == 0)
    #expect(!child.pidfd.hasEnded)
    try end()
    _ = try child.wait()
  }

  @Test("Over its limit the instance ends as a whole, and the kill is counted.")
  func outOfMemory() throws {
    var tight = small
    tight.memory.limit = .value(.mebibytes(8))
    _ = writer.apply(tight, to: path)
    let child = try start("x=$(head -c 64000000 /dev/zero | tr '\\0' x); sleep 1000")
    #expect(try CgroupEnd.waitUntilEmpty(path, upTo: .seconds(120)))
    #expect(try child.wait() == .signaled(signal: SIGKILL, coreDumped: false))
    let kills = try CgroupUsage.oomKills(path)
    #expect(kills ?? 0 > 0)
    try end()
  }

  @Test("A root with processes of its own is named with them.")
  func internalProcesses() throws {
    let child = try start("sleep 1000")
    let error = try #require(throws: CgroupError.self) {
      try CgroupTree.enable([.memory, .pids], in: path)
    }
    #expect(error == .holdsProcesses(path: path, pids: [child.pid]))
    try end()
    _ = try child.wait()
  }
}
