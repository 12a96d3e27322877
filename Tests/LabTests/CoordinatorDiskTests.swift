// SPDX-License-Identifier: Apache-2.0
import Foundation
import TendonClient
import TendonLab
import TendonLabClient
import TendonModel
import Testing

extension Labs {
  /// The coordinator's own disk; a lab of its own, as its disk is made small.
  @Suite(.serialized, .enabled(if: Lab.isAvailable)) struct CoordinatorDiskTests {
    @Test(
      "The coordinator's disk is full: changes are refused and none is half made, instances run on, and it ends with it."
    )
    func full() async throws {
      var configuration = LabConfiguration(name: "t-full", hosts: 1)
      configuration.coordinatorDiskBytes = 16 << 20
      try await LabCluster.withLab(configuration) { try await check($0) }
    }

    private func check(_ cluster: LabCluster) async throws {
      try await Stamps.clear(cluster)
      let fenced = try await cluster.run(
        "{name: fenced, command: \(Stamps.command), fence: true}", replicas: 1)
      let before =
        try await cluster.run("{name: first, command: [sleep, inf]}", replicas: 1) + fenced
      try await cluster.untilStamped(fenced)
      let start = Stamps.now
      let coordinator = try #require(try await cluster.lab.status().coordinator)
      let ballast = coordinator.dataFolder + "/ballast"
      try fill(ballast)
      let revision = try await cluster.revision()
      let refusal = try await refusedApply(cluster)
      #expect(refusal.code == .unavailable)
      #expect(refusal.message.contains("nothing was changed"), "\(refusal.message)")
      let names = try await cluster.client.services().map(\.spec.name)
      #expect(!names.contains { $0.rawValue == "refused" })
      // Longer than a host may be silent, and than a lease.
      try await Task.sleep(for: .seconds(7))
      #expect(try await cluster.alive(before) == before)
      let hosts = try await cluster.client.hosts()
      #expect(hosts.allSatisfy { $0.state == .ready }, "\(hosts.map(\.state))")
      try await cluster.expectRan(fenced, since: start)
      try FileManager.default.removeItem(atPath: ballast)
      try await eventually("changes are taken again") {
        do {
          try await cluster.apply("{name: second, command: [sleep, inf]}")
          return true
        } catch ClientError.refused {
          return false
        }
      }
      try await cluster.waitUntilRunning(try ServiceName("second"), replicas: 1)
      try await cluster.lab.killCoordinator()
      try await cluster.lab.startCoordinator()
      let service = before[0].instance.service
      try await cluster.waitUntilRunning(service, replicas: 1)
      #expect(try await cluster.processes(of: service) == [before[0]])
      #expect(try await cluster.revision() > revision)
    }

    /// Takes all that is left, and more than once: what a file's last write left over too.
    private func fill(_ path: String) throws {
      #expect(FileManager.default.createFile(atPath: path, contents: nil))
      let file = try #require(FileHandle(forWritingAtPath: path))
      defer { try? file.close() }  // Nothing is left to be written.
      for size in [1 << 20, 1 << 12, 1] {
        let chunk = Data(repeating: 0, count: size)
        // Ends with ENOSPC, which is what is wanted.
        while (try? file.write(contentsOf: chunk)) != nil {}
      }
    }

    /// The log has room for a few commits in pages that it has already: then it is full.
    private func refusedApply(_ cluster: LabCluster) async throws -> APIError {
      for number in 0..<200 {
        do {
          try await cluster.apply(
            "{name: filler-\(number), command: [sleep, inf], replicas: 0, env: {LARGE: \(String(repeating: "x", count: 8192))}}"
          )
        } catch ClientError.refused(let error, _) {
          await #expect(throws: ClientError.self) {
            try await cluster.apply("{name: refused, command: [sleep, inf]}")
          }
          return error
        }
      }
      throw LabClusterError("200 changes were taken on a full disk")
    }
  }
}
