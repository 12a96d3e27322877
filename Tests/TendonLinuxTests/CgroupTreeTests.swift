// SPDX-License-Identifier: Apache-2.0
import Glibc
import TendonModel
import Testing

@testable import TendonLinux

@Suite("The cgroup tree")
struct CgroupTreeTests {
  private func leaf(_ name: String, _ epoch: UInt64) throws -> CgroupLeaf {
    CgroupLeaf(instance: try InstanceID(name), epoch: Epoch(epoch))
  }

  private func mount(at fixture: CgroupFixture, v1: String = "") throws -> CgroupMount {
    try CgroupMount(
      mountInfo: "30 23 0:26 / \(fixture.path) rw - cgroup2 cgroup2 rw\n" + v1, ownCgroup: "0::/\n")
  }

  @Test("Preparing enables the controllers on the way down and makes the holder.")
  func prepares() throws {
    let fixture = CgroupFixture([
      "cgroup.controllers": "cpuset cpu io memory hugetlb pids\n",
      "cgroup.subtree_control": "memory\n",
      "tendon/cgroup.controllers": "cpu io memory pids\n", "tendon/cgroup.subtree_control": "\n",
    ])
    let tree = try CgroupTree.prepare(in: mount(at: fixture))
    #expect(tree.root == fixture.path + "/tendon")
    #expect(tree.controllers == [.cpu, .memory, .io, .pids])
    #expect(fixture.text("cgroup.subtree_control") == "+cpu +io +pids +cpuset +hugetlb")
    #expect(fixture.text("tendon/cgroup.subtree_control") == "+cpu +memory +io +pids")
    #expect(KernelFile.exists(tree.holder))
  }

  @Test("A delegated root is prepared from itself downwards; what lies above is its manager's.")
  func preparesDelegated() throws {
    let fixture = CgroupFixture([
      "cgroup.controllers": "cpu io memory pids\n", "cgroup.subtree_control": "memory\n",
      "top.slice/cgroup.controllers": "cpu memory pids\n", "top.slice/cgroup.subtree_control": "\n",
      "top.slice/our.scope/cgroup.controllers": "cpu memory pids\n",
      "top.slice/our.scope/cgroup.subtree_control": "\n",
      "top.slice/our.scope/holder/cgroup.procs": "",
    ])
    let root = fixture.path + "/top.slice/our.scope"
    let tree = try CgroupTree.prepareDelegated(root: root, holding: 77, in: mount(at: fixture))
    #expect(tree == CgroupTree(root: root, controllers: [.cpu, .memory, .pids]))
    #expect(fixture.text("top.slice/our.scope/cgroup.subtree_control") == "+cpu +memory +pids")
    #expect(fixture.text("top.slice/our.scope/holder/cgroup.procs") == "77")
    #expect(fixture.text("top.slice/cgroup.subtree_control") == "")
    #expect(fixture.text("cgroup.subtree_control") == "memory")
  }

  @Test("A scope that was not delegated the controllers is refused.")
  func delegatedWithoutControllers() throws {
    let fixture = CgroupFixture([
      "cgroup.controllers": "cpu memory pids\n", "our.scope/cgroup.controllers": "\n",
    ])
    let error = try #require(throws: CgroupError.self) {
      try CgroupTree.prepareDelegated(
        root: fixture.path + "/our.scope", holding: nil, in: mount(at: fixture))
    }
    #expect(error.description.contains("Delegate=yes"))
  }

  @Test("io may be missing; then the tree does without it.")
  func withoutIO() throws {
    let fixture = CgroupFixture([
      "cgroup.controllers": "cpu memory pids\n", "cgroup.subtree_control": "cpu memory pids\n",
      "deep/cgroup.controllers": "cpu memory pids\n", "deep/cgroup.subtree_control": "\n",
    ])
    let tree = try CgroupTree.prepare(root: fixture.path + "/deep", in: mount(at: fixture))
    #expect(tree.controllers == [.cpu, .memory, .pids])
    #expect(fixture.text("cgroup.subtree_control") == "cpu memory pids")
  }

  @Test(
    "A slice that is known is not looked at again; one that was made anew gets its controllers.")
  func knownSlices() throws {
    let fixture = CgroupFixture(["web.slice/cgroup.subtree_control": "\n"])
    let tree = CgroupTree(root: fixture.path, controllers: [.cpu, .memory, .hugetlb])
    let made = try #require(try tree.createNew(leaf("web.0", 1)))
    // Huge pages are for those who ask for them.
    #expect(fixture.text("web.slice/cgroup.subtree_control") == "+cpu +memory")
    fixture.put("\n", in: "web.slice/cgroup.subtree_control")
    #expect(try tree.createNew(leaf("web.0", 2), knownSlice: made) == made)
    #expect(fixture.text("web.slice/cgroup.subtree_control") == "")
    #expect(try tree.createNew(leaf("web.0", 3), knownSlice: made + 1) == made)
    #expect(fixture.text("web.slice/cgroup.subtree_control") == "+cpu +memory")
    #expect(try tree.createNew(leaf("web.0", 3), knownSlice: made) == nil, "it is there")
    try tree.enable(.hugetlb, in: try ServiceName("web"))
    #expect(fixture.text("web.slice/cgroup.subtree_control") == "+hugetlb")
    try tree.enable(.cpuset, in: try ServiceName("web"))
    #expect(fixture.text("web.slice/cgroup.subtree_control") == "+hugetlb", "the host has none")
  }

  @Test("What cgroup v1 holds is named, with the boot option that frees it.")
  func heldByV1() throws {
    let fixture = CgroupFixture(["cgroup.controllers": "hugetlb\n", "cgroup.subtree_control": ""])
    let v1 = "32 31 0:29 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    let error = try #require(throws: CgroupError.self) {
      try CgroupTree.prepare(in: mount(at: fixture, v1: v1))
    }
    guard case .missingControllers(let missing) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(missing.missing == [.cpu, .memory, .pids])
    #expect(missing.lookedIn == fixture.path + "/cgroup.controllers")
    let text = error.description
    #expect(text.contains("lacks the controllers cpu, memory, pids"))
    #expect(text.contains("memory at /sys/fs/cgroup/memory"))
    #expect(text.contains("systemd.unified_cgroup_hierarchy=1"))
  }

  @Test("A root that was not given a controller names the file to write it to.")
  func notPassedDown() throws {
    let fixture = CgroupFixture([
      "cgroup.controllers": "cpu memory pids\n", "cgroup.subtree_control": "cpu memory pids\n",
      "deep/cgroup.controllers": "cpu pids\n", "deep/cgroup.subtree_control": "\n",
    ])
    let error = try #require(throws: CgroupError.self) {
      try CgroupTree.prepare(root: fixture.path + "/deep", in: mount(at: fixture))
    }
    #expect(
      error.description.contains("echo \"+memory\" > \(fixture.path)/cgroup.subtree_control"))
  }

  @Test("A root outside of the mount, or a folder that is no cgroup, is refused.")
  func notACgroup() throws {
    let fixture = CgroupFixture()
    #expect(throws: CgroupError.notACgroup(path: fixture.path)) {
      try CgroupTree.prepare(in: mount(at: fixture))
    }
    let other = CgroupFixture(["cgroup.controllers": "cpu memory pids"])
    #expect(throws: CgroupError.notACgroup(path: "/elsewhere")) {
      try CgroupTree.prepare(root: "/elsewhere", in: mount(at: other))
    }
  }

  @Test("Processes in the way are named.")
  func processesInTheWay() {
    let error = CgroupError.holdsProcesses(path: "/c", pids: [1, 2, 3, 4, 5, 6, 7])
    #expect(error.description.hasPrefix("/c holds processes 1, 2, 3, 4, 5 and 2 more;"))
  }

  @Test("A leaf is made with its slice, listed, opened, and removed; the slice goes with the last.")
  func lifeOfLeaves() throws {
    let fixture = CgroupFixture()
    let tree = CgroupTree(root: fixture.path, controllers: Controller.required)
    let first = try leaf("web.3", 17)
    let second = try leaf("web.3", 18)
    let path = try tree.create(first)
    #expect(path == fixture.path + "/web.slice/web.3@17")
    _ = try tree.create(second)
    _ = try tree.create(second)
    _ = try tree.create(leaf("api.0", 2))
    mkdir(fixture.path + "/web.slice/stranger", 0o755)
    mkdir(fixture.path + "/holder", 0o755)
    #expect(try tree.leaves() == [leaf("api.0", 2), first, second])
    let folder = try CgroupFolder(tree.path(of: first)).take()
    close(folder)
    mkdir(path + "/own", 0o755)
    try tree.remove(first)
    try tree.remove(first)
    try tree.remove(second)
    #expect(try tree.leaves() == [leaf("api.0", 2)])
    #expect(KernelFile.exists(fixture.path + "/web.slice"))
    try tree.remove(leaf("api.0", 2))
    #expect(!KernelFile.exists(fixture.path + "/api.slice"))
  }

  @Test("The slice passes on the tree's controllers.")
  func sliceControllers() throws {
    let fixture = CgroupFixture(["web.slice/cgroup.subtree_control": "cpu\n"])
    let tree = CgroupTree(root: fixture.path, controllers: [.cpu, .memory, .pids])
    _ = try tree.create(leaf("web.0", 1))
    #expect(fixture.text("web.slice/cgroup.subtree_control") == "+memory +pids")
  }

  @Test(
    "Names that are not of our making are nobody's leaf.",
    arguments: [
      ("web.slice", "web.3"), ("web.slice", "api.3@1"), ("web", "web.3@1"),
      ("web.slice", "web.3@01"), ("web.slice", "web.3@-1"), ("web.slice", "web.03@1"),
      ("web.slice", "web.3@1@2"), ("web.slice", "@1"), ("a b.slice", "a b.1@1"),
    ])
  func strangers(slice: String, name: String) {
    #expect(CgroupLeaf(slice: slice, name: name) == nil)
  }

  @Test("A leaf's name reads back as the leaf.")
  func roundTrip() throws {
    let leaf = try leaf("my-web.12", .max)
    #expect(CgroupLeaf(slice: leaf.slice, name: leaf.name) == leaf)
  }
}
