// SPDX-License-Identifier: Apache-2.0
import Glibc
import TendonModel
import Testing

@testable import TendonLinux

enum RealHugePages {
  static var areThere: Bool {
    // Whatever is missing, the answer is the same: not here.
    guard RealCgroups.areThere, let mount = try? CgroupMount.discover(),
      let text = try? KernelFile.read(mount.mountPoint + "/cgroup.controllers")
    else { return false }
    return Controller.list(text).contains(.hugetlb)
      && KernelFile.exists("/sys/kernel/mm/hugepages/hugepages-2048kB")
  }
}

@Suite(
  "Huge pages in a real kernel",
  .enabled(if: RealHugePages.areThere, "needs root and cgroup v2 with hugetlb, pages of 2Mi"))
struct HugePageKernelTests {
  @Test("A limit of huge pages is written, read back and taken away again.")
  func limits() throws {
    let mount = try CgroupMount.discover()
    let tree = try CgroupTree.prepare(
      root: "\(mount.mountPoint)/tendon-huge-\(getpid())", in: mount)
    let leaf = CgroupLeaf(instance: try InstanceID("huge.0"), epoch: Epoch(1))
    let path = try tree.create(leaf)
    #expect(!KernelFile.exists(path + "/hugetlb.2MB.max"), "it costs every start")
    try tree.enable(.hugetlb, in: leaf.instance.service)
    let writer = LimitsWriter(storage: .none(reason: "a test"))
    let limited = Resources(hugepages: HugePages([.mebibytes(2): .mebibytes(64)]))
    let reports = writer.apply(limited, to: path)
    let report = try #require(reports.first { $0.knob == "hugetlb.2MB.max" })
    #expect(report.isInForce && report.readBack == "67108864", "\(report)")
    let read = try LimitsReader(storage: writer.storage).read(path, resources: limited)
    #expect(read.first { $0.knob == "hugetlb.2MB.max" }?.use == "0B used")
    let freed = writer.apply(Resources(), to: path, previous: limited)
    #expect(freed.first { $0.knob == "hugetlb.2MB.max" }?.readBack == "max")
    try tree.remove(leaf)
    try Folders.remove(tree.root)
  }
}
