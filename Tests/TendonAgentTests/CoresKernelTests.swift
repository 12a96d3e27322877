// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import Testing

@testable import TendonAgent
@testable import TendonCore
@testable import TendonLinux
@testable import TendonModel

enum RealCpuset {
  static var isThere: Bool {
    // Whatever is missing, the answer is the same: not here.
    guard getuid() == 0, HostProbe.onlineCPUs >= 4, let mount = try? CgroupMount.discover(),
      let text = try? KernelFile.read(mount.mountPoint + "/cgroup.controllers")
    else { return false }
    return (Controller.required + [.cpuset]).allSatisfy(Controller.list(text).contains)
  }
}

/// Against a kernel's own cpuset: as root, where cgroup v2 has it and there are four CPUs.
@Suite(
  "Exclusive cores in a real kernel",
  .enabled(if: RealCpuset.isThere, "needs root, cgroup v2 with cpuset, and four CPUs"),
  .serialized)
struct CoresKernelTests {
  private let tree: CgroupTree
  private let all: CPUList

  init() throws {
    let mount = try CgroupMount.discover()
    tree = try CgroupTree.prepare(root: "\(mount.mountPoint)/tendon-cores-\(getpid())", in: mount)
    all = try #require(try CpusetController.effective(tree.root))
  }

  private func limits() -> InstanceLimits {
    InstanceLimits(
      tree: tree, storage: .none(reason: "a test"), workDirectory: "/nowhere", cores: all)
  }

  private struct Running {
    var placement: DesiredPlacement
    var path: String
    var child: ChildProcess

    /// What the kernel lets its process run on.
    var cores: String? {
      get throws {
        let text = try KernelFile.read("/proc/\(child.pid)/status") ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
        return line.map { String($0.dropFirst(18).filter { !$0.isWhitespace }) }
      }
    }
  }

  private func start(
    _ limits: InstanceLimits, _ service: String, _ epoch: UInt64, cores: Int?
  ) throws -> Running {
    let spec = ServiceSpec(
      name: try ServiceName(service), command: ["sleep"], resources: Resources(cores: cores))
    let placement = DesiredPlacement(
      epoch: Epoch(epoch), instance: InstanceID(service: spec.name, slot: Int(epoch)),
      host: try HostID("host1"), spec: spec, resources: spec.resources,
      resourcesRevision: Revision(1), placedAt: Timestamp(millisecondsSinceEpoch: 0))
    let leaf = CgroupLeaf(instance: placement.instance, epoch: placement.epoch)
    let path = try tree.create(leaf)
    let reports = limits.apply(placement, to: CgroupFolder(path), previous: nil, isFresh: true)
    #expect(InstanceLimits.refusalOfCores(in: reports) == nil, "\(reports)")
    let folder = FileDescriptor(rawValue: try CgroupFolder(path).take())
    defer { close(folder.rawValue) }
    var command = ChildProcess.Command(arguments: ["/bin/sleep", "600"])
    command.cgroup = folder
    return Running(placement: placement, path: path, child: try ChildProcess(command))
  }

  private func end(_ running: Running, _ limits: InstanceLimits) throws {
    try CgroupEnd.kill(running.path, waitingUpTo: .seconds(10))
    _ = try running.child.wait()
    try tree.remove(
      CgroupLeaf(instance: running.placement.instance, epoch: running.placement.epoch))
    #expect(limits.release(running.placement) == [])
  }

  @Test("Running processes are moved off the cores of others, and back, over resizes and restarts.")
  func lifetimes() throws {
    let limits = limits()
    let rest = { (taken: Int) in CPUList(all.cpus.dropLast(taken)).description }
    let top = { (count: Int) in CPUList(all.cpus.suffix(count)).description }
    let web = try start(limits, "web", 1, cores: nil)
    #expect(try web.cores == all.description)
    let db = try start(limits, "db", 2, cores: 2)
    #expect(try db.cores == top(2))
    #expect(try web.cores == rest(2))
    let sibling = try start(limits, "db", 3, cores: nil)
    #expect(try sibling.cores == rest(2))
    // Fewer, live: the core that is given back is shared at once.
    var smaller = db.placement
    smaller.resources.cores = 1
    let reports = limits.apply(
      smaller, to: CgroupFolder(db.path), previous: db.placement.resources, isFresh: false)
    #expect(reports.first { $0.knob == "cpuset.cpus" }?.isInForce == true)
    let one = try #require(try db.cores)
    #expect(CPUList(parsing: one)?.cpus.count == 1)
    let others = CPUList(all.cpus.filter { "\($0)" != one }).description
    #expect(try web.cores == others)
    #expect(try sibling.cores == others)
    // Another agent takes over.
    let next = self.limits()
    let placements = [web.placement, smaller, sibling.placement]
    #expect(next.adopt(zip(placements, [web.path, db.path, sibling.path]).map { ($0, $1) }) == [])
    let late = try start(next, "late", 4, cores: nil)
    #expect(try late.cores == others)
    try end(Running(placement: smaller, path: db.path, child: db.child), next)
    for running in [web, sibling, late] {
      #expect(try running.cores == all.description)
      try end(running, next)
    }
    try Folders.remove(tree.root)
  }
}
