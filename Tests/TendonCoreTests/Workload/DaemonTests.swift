// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel
import Testing

@Suite("Daemons, and hosts by their labels")
struct DaemonTests {
  @Test("A daemon runs once on every host, also on one that joins later.")
  func everywhere() throws {
    var cluster = ClusterFixture()
    try cluster.join("host1")
    try cluster.join("host2")
    try cluster.apply(ClusterFixture.daemon("watch"))
    #expect(cluster.hosts(of: "watch") == [0: "host1", 1: "host2"])
    try cluster.join("host3")
    try cluster.obey()
    #expect(cluster.hosts(of: "watch") == [0: "host1", 1: "host2", 2: "host3"])
    #expect(try cluster.view("watch").wanted == 3)
    #expect(try cluster.view("watch").running == 3)
  }

  @Test("A host that is down gets no substitute elsewhere, and has its own again when it is back.")
  func down() throws {
    var cluster = ClusterFixture()
    for number in 1...3 { try cluster.join("host\(number)") }
    try cluster.apply(ClusterFixture.daemon("watch"))
    let before = cluster.core.instanceViews().map(\.epoch)
    cluster.living.remove(ClusterFixture.host("host2"))
    try cluster.pass(.seconds(4))
    #expect(cluster.hosts(of: "watch") == [0: "host1", 2: "host3"])
    #expect(cluster.core.instanceViews()[1].state == .lost)
    #expect(cluster.core.instanceViews().count == 3)
    cluster.living.insert(ClusterFixture.host("host2"))
    try cluster.pass(.milliseconds(600))
    #expect(cluster.core.instanceViews().map(\.epoch) == before)
    #expect(cluster.running("watch") == [0, 1, 2])
  }

  @Test("A host that gets the label gets the daemon; one that loses it loses that, and no other.")
  func labels() throws {
    var cluster = ClusterFixture()
    try cluster.join("host1", labels: ["disk": "ssd"])
    try cluster.join("host2")
    try cluster.join("host3", labels: ["disk": "ssd"])
    try cluster.apply(ClusterFixture.daemon("watch", hosts: ["disk": "ssd"]))
    #expect(cluster.hosts(of: "watch") == [0: "host1", 1: "host3"])
    let kept = cluster.core.instanceViews()[1].epoch
    try cluster.join("host2", labels: ["disk": "ssd"])
    try cluster.obey()
    #expect(cluster.hosts(of: "watch") == [0: "host1", 1: "host3", 2: "host2"])
    try cluster.join("host1", labels: ["disk": "hdd"])
    try cluster.obey()
    #expect(cluster.hosts(of: "watch") == [1: "host3", 2: "host2"])
    #expect(cluster.core.instanceViews()[0].epoch == kept)
    #expect(try cluster.event("stopped").contains("its label disk is hdd, not ssd"))
  }

  @Test("A new version of a daemon comes host by host, each on its own host.")
  func rolls() throws {
    var cluster = ClusterFixture()
    for number in 1...3 { try cluster.join("host\(number)") }
    try cluster.apply(ClusterFixture.daemon("watch"))
    let before = cluster.hosts(of: "watch")
    var spec = ClusterFixture.daemon("watch")
    spec.command = ["other"]
    _ = try cluster.core.apply([spec], now: cluster.now)
    cluster.drain()
    #expect(cluster.desired.values.reduce(0) { $0 + $1.count } == 4)
    try cluster.obey()
    #expect(cluster.hosts(of: "watch") == before)
    #expect(
      cluster.desired.values.flatMap(\.values).allSatisfy { $0.spec.command == ["other"] })
  }

  @Test("A daemon without room on a host waits there and says why.")
  func noRoom() throws {
    var cluster = ClusterFixture()
    try cluster.join("host1", cpu: 50)
    try cluster.join("host2")
    try cluster.apply(ClusterFixture.daemon("watch"))
    #expect(cluster.hosts(of: "watch") == [1: "host2"])
    let view = try #require(cluster.core.instanceView(InstanceID("watch.0")))
    #expect(view.state == .pending)
    #expect(view.message == "fits on no host: host1: needs 100m CPU, 50m of 50m is free")
  }

  @Test("The slots survive the coordinator.")
  func survives() throws {
    var cluster = ClusterFixture()
    try cluster.join("host2")
    try cluster.apply(ClusterFixture.daemon("watch"))
    try cluster.join("host1")
    try cluster.obey()
    #expect(cluster.hosts(of: "watch") == [0: "host2", 1: "host1"])
    var second = try cluster.restarted()
    try second.join("host1")
    try second.join("host2")
    try second.pass(.seconds(1))
    #expect(second.hosts(of: "watch") == cluster.hosts(of: "watch"))
  }

  @Test("A service runs only on hosts with its labels, and explains which lack them.")
  func selector() throws {
    var cluster = ClusterFixture()
    try cluster.join("host1", labels: ["zone": "a"])
    try cluster.join("host2")
    var spec = ClusterFixture.spec("web", replicas: 2)
    spec.workload.hosts = ["zone": "b"]
    try cluster.apply(spec)
    let view = try #require(cluster.core.instanceViews().first)
    #expect(
      view.message == "fits on no host: host1: its label zone is a, not b; "
        + "host2: has no label zone (b is wanted)")
    try cluster.join("host3", labels: ["zone": "b"])
    try cluster.obey()
    #expect(Set(cluster.hosts(of: "web").values) == ["host3"])
  }

  @Test("A service whose labels change moves, the new copies running first.")
  func selectorChanges() throws {
    var cluster = ClusterFixture()
    try cluster.join("host1", labels: ["zone": "a"])
    try cluster.join("host2", labels: ["zone": "b"])
    var spec = ClusterFixture.spec("web", replicas: 2)
    spec.workload.hosts = ["zone": "a"]
    try cluster.apply(spec)
    spec.workload.hosts = ["zone": "b"]
    try cluster.apply(spec)
    #expect(cluster.hosts(of: "web") == [0: "host2", 1: "host2"])
    // Where no host has the label, what runs goes on.
    spec.workload.hosts = ["zone": "c"]
    try cluster.apply(spec)
    #expect(cluster.hosts(of: "web") == [0: "host2", 1: "host2"])
  }

  @Test("New hosts get the lowest slots in which nothing is left.")
  func slots() {
    #expect(
      DaemonPlan.slots(current: ["b": 1], hosts: ["a", "b", "c"], taken: [1, 2])
        == ["b": 1, "a": 0, "c": 3])
    #expect(DaemonPlan.slots(current: ["a": 0, "b": 1], hosts: ["b"], taken: [0, 1]) == ["b": 1])
  }

  @Test("A service that becomes a job, and a job that becomes a service, change over.")
  func kindChanges() throws {
    var cluster = ClusterFixture()
    try cluster.join("host1")
    try cluster.apply(ClusterFixture.spec("work", replicas: 2))
    #expect(cluster.running("work") == [0, 1])
    try cluster.apply(ClusterFixture.job("work", completions: 1))
    #expect(cluster.running("work") == [0])
    try cluster.end("work", 0)
    #expect(try cluster.work("work").state == .succeeded)
    try cluster.apply(ClusterFixture.spec("work", replicas: 2))
    #expect(cluster.running("work") == [0, 1])
    #expect(try cluster.view("work").work == nil)
    try cluster.apply(ClusterFixture.daemon("work"))
    #expect(cluster.running("work").count == 1)
  }
}
