// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TendonLinux
@testable import TendonModel

@Suite struct CgroupDeathTests {
  /// The counters of one case, as they are in the cgroups' files.
  struct Case: Sendable {
    var leaf: (oom: Int, kills: Int)
    var slice: (limit: String, before: Int, after: Int) = ("max", 0, 0)
    var root: (limit: String, before: Int, after: Int) = ("max", 0, 0)
    var scope: CgroupDeath.Scope
    var limit: String
  }

  @Test(
    "The cgroup whose limit was hit counts it; where none did, it was the host.",
    arguments: [
      Case(leaf: (1, 1), scope: .leaf, limit: "1000"),
      Case(leaf: (0, 1), slice: ("5000", 3, 4), scope: .slice, limit: "5000"),
      Case(leaf: (0, 1), slice: ("5000", 4, 4), scope: .host, limit: "1000"),
      Case(leaf: (0, 1), slice: ("max", 3, 4), scope: .host, limit: "1000"),
      Case(leaf: (0, 1), root: ("9000", 0, 1), scope: .root, limit: "9000"),
      Case(leaf: (2, 0), scope: .host, limit: "1000"),
    ])
  func scopes(example: Case) throws {
    let fixture = CgroupFixture()
    let tree = CgroupTree(root: fixture.path, controllers: [.memory])
    let leaf = CgroupLeaf(instance: try InstanceID("web.0"), epoch: Epoch(7))
    let slice = "web.slice"
    fixture.put("1000", in: "\(leaf)/memory.max")
    fixture.put("900", in: "\(leaf)/memory.peak")
    fixture.put(
      "oom \(example.leaf.oom)\noom_kill \(example.leaf.kills)", in: "\(leaf)/memory.events")
    fixture.put(example.slice.limit, in: "\(slice)/memory.max")
    fixture.put(example.root.limit, in: "memory.max")
    fixture.put("oom \(example.slice.before)", in: "\(slice)/memory.events.local")
    fixture.put("oom \(example.root.before)", in: "memory.events.local")
    let before = try CgroupDeath.before(leaf, in: tree)
    fixture.put("oom \(example.slice.after)", in: "\(slice)/memory.events.local")
    fixture.put("oom \(example.root.after)", in: "memory.events.local")
    let death = try CgroupDeath.read(leaf, in: tree, since: before)
    #expect(death.scope == example.scope && death.limit == example.limit)
    #expect(death.oomKills == UInt64(example.leaf.kills) && death.peak == 900)
  }

  @Test("Without the memory controller nothing is known, and nothing is wrong.")
  func withoutController() throws {
    let fixture = CgroupFixture()
    let tree = CgroupTree(root: fixture.path, controllers: [])
    let leaf = CgroupLeaf(instance: try InstanceID("web.0"), epoch: Epoch(7))
    let death = try CgroupDeath.read(leaf, in: tree, since: nil)
    #expect(death.oomKills == nil && death.limit == nil && death.peak == nil)
  }
}
