// SPDX-License-Identifier: Apache-2.0

import CLinux
import TendonModel
import Testing

@testable import TendonLinux

struct SandboxPlanTests {
  static func planner(
    _ sandbox: Sandbox, user: UserIdentity? = nil, change: (inout SandboxPlanner) -> Void = { _ in }
  ) -> SandboxPlanner {
    var planner = SandboxPlanner(
      sandbox: sandbox,
      profile: SandboxProfile(sandbox, isRoot: user.map { $0.uid == 0 } ?? true), user: user,
      directory: "/var/lib/x/web.3", folder: "/var/lib/x/web.3",
      host: SandboxHost(
        stage: "/run/x/root", agentDirectories: ["/var/lib/x"], credentials: "/run/x/credentials",
        cgroupMount: "/sys/fs/cgroup"), hostname: "web.3")
    change(&planner)
    return planner
  }

  static let user = UserIdentity(uid: 1000, gid: 1000, groups: [27], name: nil, home: nil)

  @Test("Without isolation there is nothing to do for root, and only the user to set for others.")
  func none() {
    #expect(Self.planner(Sandbox(isolation: .none)).plan() == nil)
    let plan = Self.planner(Sandbox(isolation: .none), user: Self.user).plan()
    #expect(
      plan?.steps == [
        .ids(uid: 1000, gid: 1000, groups: [27]), .changeDirectory("/var/lib/x/web.3"),
      ])
  }

  @Test("The standard level takes rights and leaves the view, so that no helper is needed.")
  func standard() throws {
    let plan = try #require(
      Self.planner(Sandbox(), user: Self.user) { $0.filter = [0, 0, 0, 0, 0, 0, 0, 0] }.plan())
    #expect(
      plan.steps == [
        .bounding(0), .ids(uid: 1000, gid: 1000, groups: [27]),
        .capabilities(0, ambient: false, asFarAsHad: true), .noNewPrivileges,
        .changeDirectory("/var/lib/x/web.3"), .seccomp([0, 0, 0, 0, 0, 0, 0, 0]),
      ])
    #expect(!plan.needsHelper && !plan.isFirstOfNamespace)
  }

  @Test("Root keeps what servers need at the standard level, and nothing at the strict one.")
  func capabilities() {
    let standard = Self.planner(Sandbox()).plan()?.steps ?? []
    #expect(standard.contains(.bounding(Capability.mask(SandboxProfile.serverCapabilities))))
    let strict = Self.planner(Sandbox(isolation: .strict)).plan()?.steps ?? []
    #expect(strict.contains(.bounding(0)))
  }

  @Test("A filter without no_new_privs comes while we are privileged.")
  func filterFirst() throws {
    var sandbox = Sandbox()
    sandbox.settings.noNewPrivileges = false
    let plan = try #require(Self.planner(sandbox, user: Self.user) { $0.filter = [1] }.plan())
    #expect(plan.steps.first == .seccomp([1]))
    #expect(plan.steps.last == .changeDirectory("/var/lib/x/web.3"))
  }

  @Test("Capabilities have the kernel's numbers.")
  func numbers() {
    #expect(Capability.mask([.chown]) == 1)
    #expect(Capability.mask([.netBindService]) == 1 << 10)
    #expect(Capability.mask([.sysAdmin]) == 1 << 21)
    #expect(Capability.mask([.checkpointRestore]) == 1 << 40)
  }

  @Test("Every plan is one that tendon-init takes.", arguments: Isolation.allCases)
  func encoded(isolation: Isolation) throws {
    var sandbox = Sandbox(isolation: isolation, secrets: ["a": "/x"])
    sandbox.settings.limits = ["core": ProcessLimit(soft: 0, hard: .max)]
    sandbox.settings.nice = -5
    sandbox.settings.namespaces = [.net, .uts]
    let plan = try #require(
      Self.planner(sandbox, user: Self.user) {
        $0.secrets = ["a": Array("secret".utf8), "b": []]
        $0.filter = [UInt8](repeating: 0, count: 24)
      }.plan())
    let bytes = try plan.encoded()
    #expect(bytes.count % 8 == 0)
    bytes.withUnsafeBytes { #expect(tendon_plan_fault($0.baseAddress, $0.count) == nil) }
    for cut in [1, 8, 40, bytes.count - 8] {
      let part = Array(bytes.dropLast(cut))
      part.withUnsafeBytes { #expect(tendon_plan_fault($0.baseAddress, $0.count) != nil) }
    }
  }

  @Test("Whatever bytes are changed, a plan is taken or refused, and never read beyond its end.")
  func hostile() throws {
    var random = SystemRandomNumberGenerator()
    let sandbox = Sandbox(isolation: .strict, secrets: ["a": "/x"])
    let bytes = try #require(
      Self.planner(sandbox, user: Self.user) { $0.secrets = ["a": [1, 2, 3]] }.plan()
    ).encoded()
    for _ in 0..<2000 {
      var changed = bytes
      for _ in 0..<4 {
        changed[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255)
      }
      changed.withUnsafeBytes { _ = tendon_plan_fault($0.baseAddress, $0.count) }
    }
  }

  @Test("What stays visible is put back after what hides it.")
  func visible() throws {
    let steps = try #require(
      Self.planner(Sandbox(isolation: .strict)) { $0.visible = ["/var/lib/x/notify"] }.plan()
    ).steps
    let hidden = try #require(steps.firstIndex(of: .mask("/var/lib/x")))
    let bound = try #require(
      steps.firstIndex(
        of: .bind(source: "/var/lib/x/notify", target: "/var/lib/x/notify", [.make])))
    let sealed = try #require(
      steps.firstIndex(
        of: .attributes(target: "/var/lib/x", set: MountFlags.readOnly, clear: 0, [.ifPresent])))
    #expect(hidden < bound && bound < sealed)
    #expect(steps.last != .pivot && steps.contains(.pivot))
  }

  @Test(
    "The pool gives each placement a number of its own, and those of the record again to nobody.")
  func pool() throws {
    var pool = UserPool()
    pool.adopt(UserPool.range.lowerBound + 5)
    #expect(try pool.allocate(for: Epoch(5)) == UserPool.range.lowerBound + 6)
    #expect(try pool.allocate(for: Epoch(65536 + 6)) == UserPool.range.lowerBound + 7)
    pool.release(UserPool.range.lowerBound + 6)
    #expect(try pool.allocate(for: Epoch(6)) == UserPool.range.lowerBound + 6)
  }
}
