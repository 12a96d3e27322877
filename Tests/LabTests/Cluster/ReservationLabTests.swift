// SPDX-License-Identifier: Apache-2.0
import TendonClient
import TendonLab
import TendonLabClient
import TendonModel
import Testing

extension Labs.ClusterTests {
  /// Capacity held in advance, on hosts with kernels of their own.
  @Suite struct ReservationLabTests {
    private static func spec(_ name: String, cpu: String) -> String {
      """
      name: \(name)
      command: [sleep, inf]
      resources: {cpu: {request: \(cpu)}, memory: {request: 24Mi, limit: 64Mi}}
      """
    }

    @Test(
      "Held room is refused to others and goes to the service named, guaranteed by its kernel, and a lost host's is held elsewhere."
    )
    func held() async throws {
      let cluster = try await cleanCluster()
      let tendon = CLI(cluster)
      let name = try ReservationName("burst")
      let large = try await tendon.run("reserve", "create", "burst", "--cpu", "4", "--for", "web")
      #expect(large.status == 5 && large.errors.contains("1 CPU is missing"), "\(large)")
      let made = try await tendon.run(
        "reserve", "create", "burst", "--cpu", "800m", "--memory", "64Mi", "--for", "web")
      #expect(made.status == 0, "\(made)")
      let holder = try #require(try await cluster.client.reservation(name).holds.first?.host)

      let filler = try await cluster.apply(Self.spec("filler", cpu: "700m") + "\nreplicas: 3")[0]
      let refused = try await cluster.waitFor(filler.slot(2)) { $0.state == .pending }
      #expect(
        refused.message.contains(
          "\(holder): needs 700m CPU, 200m of 1 is free (800m is reserved for others)"),
        "\(refused.message)")
      let process = try await cluster.run(Self.spec("web", cpu: "600m"), replicas: 1)[0]
      #expect(process.host == holder.rawValue)
      let files = try await cluster.kernelFiles(["memory.min", "cpu.weight"], of: process)
      #expect(files["memory.min"] == "25165824")
      #expect(
        try await cluster.lab.shell(process.host, "cat \(cgroupRoot)/web.slice/memory.min")
          == "25165824")
      let why = try await tendon.run("why", "web.0")
      #expect(why.output.contains("draws on the reservation burst"), "\(why)")
      let list = try await tendon.run("get", "reservations")
      #expect(list.output.contains("600m/800m"), "\(list)")

      // Room on another host, and the power of the one that holds is off.
      _ = try await cluster.client.delete(filler)
      try await cluster.waitForInstances(of: filler) { $0.isEmpty }
      try await cluster.lab.kill(holder.rawValue)
      let moved = try await cluster.waitFor(process.instance) {
        $0.state == .running && $0.host != holder
      }
      let now = try await cluster.client.reservation(name)
      #expect(now.state == .held && now.holds.map(\.host) == [moved.host], "\(now)")
      #expect(now.drawn.cpu == MilliCPU(600))
      let next = try await cluster.process(of: moved)
      #expect(try await cluster.kernelFiles(["memory.min"], of: next)["memory.min"] == "25165824")

      let deleted = try await tendon.run("reserve", "delete", "burst")
      #expect(deleted.status == 0 && deleted.output.contains("runs on"), "\(deleted)")
      try await eventually("the guarantee is taken back, in place") {
        try await cluster.kernelFiles(["memory.min"], of: next)["memory.min"] == "0"
      }
      #expect(try await cluster.alive([next]) == [next])
      #expect(try await tendon.run("reserve", "show", "burst").status == 4)
    }
  }
}
