// SPDX-License-Identifier: Apache-2.0
import Foundation
import TendonClient
import TendonLab
import TendonLabClient
import TendonModel
import Testing

extension Labs.ClusterTests {
  /// The built program against a real cluster.
  @Suite struct CLITests {
    @Test(
      "The website's specs are applied from their folder, and what runs is shown, resized and deleted."
    )
    func websiteFromEndToEnd() async throws {
      let cluster = try await cleanCluster()
      let tendon = CLI(cluster)
      let applied = try await tendon.run("apply", "-f", "examples/website", "--wait", "60s")
      #expect(applied.status == 0, "\(applied.errors)")
      let before = try await cluster.processes(of: ServiceName("dynamic"))
      #expect(before.count == 4)
      #expect(try await cluster.cgroupFile("cpu.max", of: before[0]) == "50000 100000")

      let list = try await tendon.run("get", "instances", "-o", "json")
      #expect(list.status == 0, "\(list.errors)")
      let views = try JSONDecoder().decode([InstanceView].self, from: Data(list.output.utf8))
      #expect(views.count == 6)
      #expect(views.allSatisfy { $0.state == .running })
      for name in ["services", "hosts", "events"] {
        let listed = try await tendon.run("get", name, "-o", "json")
        #expect(listed.status == 0, "\(listed.errors)")
        let parsed = try JSONSerialization.jsonObject(with: Data(listed.output.utf8))
        #expect(parsed is [Any])
      }

      let resized = try await tendon.run(
        "resize", "dynamic", "--cpu", "200m:800m", "--memory", "48Mi:160Mi")
      #expect(resized.status == 0, "\(resized.errors)")
      #expect(try await cluster.processes(of: ServiceName("dynamic")) == before)
      let limits = try await tendon.run("limits", "dynamic.0", "-o", "json")
      #expect(limits.status == 0, "\(limits.errors)")
      let view = try JSONDecoder().decode(LimitsView.self, from: Data(limits.output.utf8))
      #expect(view.pid == before[0].pid)
      #expect(view.knobs.first { $0.knob == "cpu.max" }?.readBack == "80000 100000")
      #expect(try await cluster.cgroupFile("cpu.max", of: before[0]) == "80000 100000")
      let table = try await tendon.run("limits", "dynamic/0")
      #expect(table.output.contains("memory.max") && table.output.contains("167772160"))

      for name in ["dynamic", "static"] {
        #expect(try await tendon.run("delete", name).status == 0)
      }
      try await eventually("all is gone") { try await cluster.client.instances().isEmpty }
    }

    @Test(
      "A wrong spec ends with 2, names file, line and column, and nothing of the file is applied.")
    func wrongSpec() async throws {
      let cluster = try await cleanCluster()
      let text = """
        name: good
        command: [sleep, inf]
        ---
        name: bad
        command: [sleep, inf]
        resources:
          cpu: {request: 2, limit: 1}
        replica: 3
        """
      let result = try await CLI(cluster).run("apply", "-f", "-", input: text)
      #expect(result.status == 2)
      let lines = result.errors.split(separator: "\n")
      #expect(lines.contains { $0.hasPrefix("stdin:7:") && $0.contains("cpu") }, "\(result.errors)")
      #expect(lines.contains { $0.hasPrefix("stdin:8:1:") && $0.contains("replica") })
      #expect(try await cluster.client.services().isEmpty)
    }

    @Test("Exit statuses tell what is not there, unreachable or refused.")
    func exitStatuses() async throws {
      let cluster = try await cleanCluster()
      let process = try await cluster.run("{name: small, command: [sleep, inf]}", replicas: 1)[0]
      var tendon = CLI(cluster)
      #expect(try await tendon.run("inspect", "nobody").status == 4)
      #expect(try await tendon.run("limits", "small.7").status == 4)
      #expect(try await tendon.run("scale", "nobody", "3").status == 4)
      #expect(try await tendon.run("resize", "small", "--cpu", "lots").status == 2)
      let refused = try await tendon.run("resize", "small", "--cpu", "9:9")
      #expect(refused.status == 5)
      #expect(refused.errors.contains(process.host), "\(refused.errors)")
      #expect(try await cluster.cgroupFile("cpu.max", of: process) == "max 100000")
      // The discard port: nothing listens there.
      tendon.environment["TENDON_SERVER"] = "http://127.0.0.1:9"
      #expect(try await tendon.run("get", "hosts").status == 3)
      tendon.environment["TENDON_SERVER"] = nil
      let unset = try await tendon.run("get", "hosts")
      #expect(unset.status == 2)
      #expect(unset.errors.contains("TENDON_SERVER"))
    }
  }
}
