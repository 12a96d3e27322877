// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel
import Testing

@Suite("The coordinator's core")
struct CoordinatorCoreTests {
  private func cluster(_ hosts: Int = 3) throws -> ClusterFixture {
    var cluster = ClusterFixture()
    for number in 1...hosts { try cluster.join("host\(number)") }
    return cluster
  }

  @Test("Instances of one service are balanced over equal hosts.")
  func balances() throws {
    var cluster = try cluster()
    _ = try cluster.core.apply([ClusterFixture.spec("web", replicas: 6)], now: cluster.now)
    try cluster.obey()
    let perHost = Dictionary(grouping: cluster.hosts(of: "web").values, by: { $0 })
    #expect(perHost.mapValues(\.count) == ["host1": 2, "host2": 2, "host3": 2])
  }

  @Test("A larger host takes its share, by reserved share and not by count.")
  func balancesByShare() throws {
    var cluster = ClusterFixture()
    try cluster.join("large", cpu: 3000, memory: 3072)
    try cluster.join("small", cpu: 1000, memory: 1024)
    _ = try cluster.core.apply([ClusterFixture.spec("web", replicas: 8)], now: cluster.now)
    try cluster.obey()
    let perHost = Dictionary(grouping: cluster.hosts(of: "web").values, by: { $0 })
    #expect(perHost.mapValues(\.count) == ["large": 6, "small": 2])
  }

  @Test("What fits nowhere waits, with a reason per host, and is placed when room comes.")
  func explainsPending() throws {
    var cluster = try cluster(2)
    _ = try cluster.core.apply([ClusterFixture.spec("big", cpu: 1500)], now: cluster.now)
    try cluster.obey()
    let view = try #require(cluster.core.instanceViews().first)
    #expect(view.state == .pending)
    #expect(view.message.contains("host1: needs 1500m CPU, 1 of 1 is free"))
    #expect(view.message.contains("host2: needs"))
    try cluster.join("host3", cpu: 2000)
    try cluster.obey()
    #expect(cluster.hosts(of: "big") == [0: "host3"])
  }

  @Test("A dead host's instances run elsewhere, and nothing else moves.")
  func replaces() throws {
    var cluster = try cluster()
    _ = try cluster.core.apply([ClusterFixture.spec("web", replicas: 6)], now: cluster.now)
    try cluster.obey()
    let before = cluster.hosts(of: "web")
    cluster.living.remove(ClusterFixture.host("host2"))
    try cluster.pass(.milliseconds(2600))
    let after = cluster.hosts(of: "web")
    #expect(after.count == 6)
    for (slot, host) in before {
      #expect(host == "host2" ? after[slot] != "host2" : after[slot] == host)
    }
  }

  @Test("A returned host's surplus copies stop, the lower epoch first, once the newer ones run.")
  func stopsSurplus() throws {
    var cluster = try cluster()
    _ = try cluster.core.apply([ClusterFixture.spec("web", replicas: 3)], now: cluster.now)
    try cluster.obey()
    let lost = ClusterFixture.host("host1")
    let old = try #require(cluster.desired[lost]?.keys.first)
    cluster.living.remove(lost)
    try cluster.pass(.milliseconds(2600))
    let replaced = cluster.hosts(of: "web")
    cluster.living.insert(lost)
    try cluster.pass(.milliseconds(500))
    #expect(cluster.desired[lost]?[old] == nil)
    #expect(cluster.hosts(of: "web") == replaced)
    #expect(cluster.core.placement(old) == nil)
  }

  @Test("A host that returns before its replacements run keeps its copies until they do.")
  func neverBelowN() throws {
    var cluster = try cluster(2)
    _ = try cluster.core.apply([ClusterFixture.spec("web", replicas: 2)], now: cluster.now)
    try cluster.obey()
    let lost = ClusterFixture.host("host1")
    let old = try #require(cluster.desired[lost]?.keys.first)
    cluster.living.remove(lost)
    try cluster.pass(.milliseconds(2600), isObedient: false)
    cluster.living.insert(lost)
    try cluster.pass(.milliseconds(300), isObedient: false)
    #expect(cluster.desired[lost]?[old] != nil, "the only running copy was stopped too early")
    try cluster.obey()
    #expect(cluster.desired[lost]?[old] == nil)
    #expect(cluster.hosts(of: "web").count == 2)
  }

  @Test("A host with nowhere to move its instances gets them back when it returns.")
  func reinstates() throws {
    var cluster = try cluster(1)
    _ = try cluster.core.apply([ClusterFixture.spec("web")], now: cluster.now)
    try cluster.obey()
    let epoch = cluster.core.instanceViews()[0].epoch
    cluster.living = []
    try cluster.pass(.seconds(4))
    #expect(cluster.core.instanceViews()[0].state == .lost)
    cluster.living = [ClusterFixture.host("host1")]
    try cluster.pass(.milliseconds(300))
    #expect(cluster.core.instanceViews()[0].state == .running)
    #expect(cluster.core.instanceViews()[0].epoch == epoch)
  }

  @Test("A resize keeps the placement, and asks its host for a later reading.")
  func resizes() throws {
    var cluster = try cluster(1)
    _ = try cluster.core.apply([ClusterFixture.spec("web", replicas: 2)], now: cluster.now)
    try cluster.obey()
    let before = cluster.core.instanceViews().map(\.epoch)
    var change = ResourcesChange()
    change.cpuLimit = .value(MilliCPU(2000))
    change.memoryLimit = .value(.mebibytes(256))
    let ticket = try cluster.core.resize(
      ClusterFixture.service("web"), ResizeRequest(slot: 1, change: change), now: cluster.now)
    cluster.drain()
    #expect(ticket.epochs.count == 1)
    #expect(ticket.revision == cluster.core.revision)
    try cluster.obey()
    #expect(
      cluster.core.status(of: ticket.epochs[0])?.resourcesRevision ?? Revision(0)
        >= ticket.revision)
    let after = cluster.core.instanceViews()
    #expect(after.map(\.epoch) == before)
    #expect(after[0].resources.cpu.limit == .max)
    #expect(after[1].resources.cpu.limit == .value(MilliCPU(2000)))
  }

  @Test("A resize that a host has no room for is refused, says which host, and changes nothing.")
  func refusesResize() throws {
    var cluster = try cluster(1)
    _ = try cluster.core.apply(
      [ClusterFixture.spec("web", replicas: 2, cpu: 400)], now: cluster.now)
    try cluster.obey()
    let before = cluster.core.serviceViews()
    var change = ResourcesChange()
    change.cpuRequest = MilliCPU(600)
    let error = #expect(throws: APIError.self) {
      _ = try cluster.core.resize(
        ClusterFixture.service("web"), ResizeRequest(change: change), now: cluster.now)
    }
    #expect(error?.code == .conflict)
    #expect(error?.details.first?.subject == "host1")
    #expect(cluster.core.serviceViews() == before)
    #expect(cluster.core.drain().commit == nil)
  }

  @Test("An impossible resize is refused by its key.")
  func refusesFault() throws {
    var cluster = try cluster(1)
    _ = try cluster.core.apply([ClusterFixture.spec("web")], now: cluster.now)
    var change = ResourcesChange()
    change.memoryLimit = .value(.mebibytes(8))
    let error = #expect(throws: APIError.self) {
      _ = try cluster.core.resize(
        ClusterFixture.service("web"), ResizeRequest(change: change), now: cluster.now)
    }
    #expect(error?.code == .badRequest)
    #expect(error?.details.first?.subject == "resources.memory.request")
  }

  @Test("A forced resize tells the agent so, and the next one takes it back.")
  func forcedResize() throws {
    var cluster = try cluster(1)
    _ = try cluster.core.apply([ClusterFixture.spec("web")], now: cluster.now)
    try cluster.obey()
    var change = ResourcesChange()
    change.memoryLimit = .value(.mebibytes(80))
    for force in [true, nil, false] {
      _ = try cluster.core.resize(
        ClusterFixture.service("web"), ResizeRequest(change: change, force: force),
        now: cluster.now)
      try cluster.obey()
      let placement = cluster.desired.values.flatMap(\.values).first
      #expect(placement?.isForced == (force == true ? true : nil))
    }
  }

  @Test("Service limits are the service's: a slot alone cannot have them.")
  func serviceLimitsOfSlot() throws {
    var cluster = try cluster(1)
    _ = try cluster.core.apply([ClusterFixture.spec("web")], now: cluster.now)
    try cluster.obey()
    var change = ResourcesChange()
    change.serviceCPU = .value(MilliCPU(500))
    let error = #expect(throws: APIError.self) {
      _ = try cluster.core.resize(
        ClusterFixture.service("web"), ResizeRequest(slot: 0, change: change), now: cluster.now)
    }
    #expect(error?.code == .badRequest)
    _ = try cluster.core.resize(
      ClusterFixture.service("web"), ResizeRequest(change: change), now: cluster.now)
    try cluster.obey()
    let placement = cluster.desired.values.flatMap(\.values).first
    #expect(placement?.resources.serviceLimits.cpu == .value(MilliCPU(500)))
  }

  @Test("A new version replaces one slot at a time, the new copy running before the old stops.")
  func rolls() throws {
    var cluster = try cluster()
    _ = try cluster.core.apply([ClusterFixture.spec("web", replicas: 3)], now: cluster.now)
    try cluster.obey()
    let spec = ClusterFixture.spec("web", replicas: 3, command: ["sleep", "1d"])
    _ = try cluster.core.apply([spec], now: cluster.now)
    cluster.drain()
    let total = cluster.desired.values.reduce(0) { $0 + $1.count }
    #expect(total == 4, "one slot has two copies, the others one")
    try cluster.obey()
    let views = cluster.core.instanceViews()
    #expect(views.allSatisfy { $0.state == .running && $0.placements == 1 })
    let commands = cluster.desired.values.flatMap(\.values).map(\.spec.command)
    #expect(commands == Array(repeating: ["sleep", "1d"], count: 3))
  }

  @Test("Where two versions have no room beside each other, the old one makes way.")
  func rollsInPlace() throws {
    var cluster = try cluster(1)
    _ = try cluster.core.apply([ClusterFixture.spec("web", cpu: 800)], now: cluster.now)
    try cluster.obey()
    _ = try cluster.core.apply(
      [ClusterFixture.spec("web", cpu: 800, command: ["sleep", "1d"])], now: cluster.now)
    try cluster.obey()
    let view = cluster.core.instanceViews()[0]
    #expect(view.state == .running)
    #expect(cluster.core.placement(view.epoch!)?.spec.command == ["sleep", "1d"])
  }

  @Test("A fixed port goes to different hosts.")
  func fixedPorts() throws {
    var cluster = try cluster(2)
    _ = try cluster.core.apply(
      [ClusterFixture.spec("web", replicas: 3, port: 80)], now: cluster.now)
    try cluster.obey()
    #expect(Set(cluster.hosts(of: "web").values) == ["host1", "host2"])
    let pending = try #require(cluster.core.instanceViews().first { $0.state == .pending })
    #expect(pending.message.contains("port 80 is taken"))
  }

  @Test("Scaling down stops the highest slots; deleting ends with nothing left.")
  func scalesAndDeletes() throws {
    var cluster = try cluster()
    _ = try cluster.core.apply([ClusterFixture.spec("web", replicas: 5)], now: cluster.now)
    try cluster.obey()
    _ = try cluster.core.scale(ClusterFixture.service("web"), to: 2, now: cluster.now)
    try cluster.obey()
    #expect(cluster.core.instanceViews().map(\.id.slot) == [0, 1])
    _ = try cluster.core.delete(ClusterFixture.service("web"), now: cluster.now)
    try cluster.obey()
    #expect(cluster.core.instanceViews().isEmpty)
    #expect(cluster.stored().services.isEmpty)
    #expect(cluster.stored().placements.isEmpty)
    #expect(cluster.core.hostViews(now: cluster.now).allSatisfy { $0.reservedCPU == .zero })
  }

  @Test("A restarted coordinator moves nothing, and gives every host its start grace.")
  func restarts() throws {
    var cluster = try cluster()
    _ = try cluster.core.apply([ClusterFixture.spec("web", replicas: 6)], now: cluster.now)
    try cluster.obey()
    let stored = cluster.stored()
    let before = stored.placements
    var second = ClusterFixture(stored: stored, epoch: 2)
    try second.pass(.seconds(4))
    #expect(second.stored().placements.isEmpty, "no commit touched a placement")
    for number in 1...3 { try second.join("host\(number)") }
    try second.pass(.seconds(3))
    #expect(second.hosts(of: "web") == cluster.hosts(of: "web"))
    #expect(second.desired.values.flatMap(\.keys).sorted() == before.map(\.placement.epoch))
  }

  @Test("An instance that fails for good is placed again with growing patience.")
  func backsOff() throws {
    var cluster = try cluster(1)
    _ = try cluster.core.apply([ClusterFixture.spec("web")], now: cluster.now)
    cluster.drain()
    let host = ClusterFixture.host("host1")
    for expected in 1...3 {
      let epoch = try #require(cluster.desired[host]?.keys.first)
      try cluster.send(
        host,
        statuses: [
          PlacementStatus(
            epoch: epoch, instance: try InstanceID("web.0"), phase: .failed,
            message: "exec /bin/nope: No such file or directory")
        ])
      try cluster.send(host, statuses: [], removed: [epoch])
      #expect(cluster.desired[host]?.isEmpty == true)
      let view = cluster.core.instanceViews()[0]
      #expect(view.message.contains("failed \(expected) times"))
      try cluster.pass(.milliseconds(900 << (expected - 1)), isObedient: false)
      #expect(cluster.desired[host]?.isEmpty == true, "placed again too early")
      try cluster.pass(.milliseconds(200 << (expected - 1)), isObedient: false)
      #expect(cluster.desired[host]?.count == 1)
    }
  }

  @Test("A second machine of the same name is refused while the first lives.")
  func refusesTwins() throws {
    var cluster = try cluster(1)
    let error = #expect(throws: APIError.self) { try cluster.join("host1", boot: 2) }
    #expect(error?.message.contains("another machine named host1") == true)
  }

  @Test("An old session's reports are refused.")
  func refusesOldSessions() throws {
    var cluster = try cluster(1)
    #expect(throws: APIError.self) {
      try cluster.core.reportReceived(
        ClusterFixture.host("host1"),
        AgentReport(
          sessionID: 99, sequence: 1, appliedRevision: Revision(0), isComplete: true, statuses: [],
          removed: []), now: cluster.now)
    }
  }

  @Test("Applying the same spec again changes nothing.")
  func isIdempotent() throws {
    var cluster = try cluster()
    _ = try cluster.core.apply([ClusterFixture.spec("web", replicas: 2)], now: cluster.now)
    try cluster.obey()
    let answers = try cluster.core.apply(
      [ClusterFixture.spec("web", replicas: 2)], now: cluster.now)
    #expect(answers.map(\.outcome) == [.unchanged])
    #expect(cluster.core.drain().commit == nil)
  }

  @Test("Every instance, service and host can say why; a stranger is not found.")
  func explains() throws {
    var cluster = try cluster()
    _ = try cluster.core.apply([ClusterFixture.spec("web")], now: cluster.now)
    try cluster.obey()
    #expect(try cluster.core.why("web.0", now: cluster.now).summary.contains("running"))
    #expect(try cluster.core.why("web", now: cluster.now).evidence.count == 1)
    #expect(try cluster.core.why("host1", now: cluster.now).summary.contains("ready"))
    let error = #expect(throws: APIError.self) {
      _ = try cluster.core.why("nobody.7", now: cluster.now)
    }
    #expect(error?.code == .notFound)
  }
}
