// SPDX-License-Identifier: Apache-2.0
import Foundation
import SystemPackage
import TendonLab
import Testing

extension Labs {
  /// Unit tests that need a kernel with the cgroup v2 controllers, run inside a host.
  @Suite(.enabled(if: Lab.isAvailable)) struct KernelTests {
    @Test("What writes limits does so on a real kernel: the cgroup tests pass inside a host.")
    func cgroupTests() async throws {
      var configuration = LabConfiguration(name: "t-kernel", hosts: 1)
      configuration.runsAgents = false
      configuration.runsCoordinator = false
      let runner = URL(filePath: CommandLine.arguments[0]).standardizedFileURL.path
      configuration.sharedFolders = [
        FilePath(URL(filePath: runner).deletingLastPathComponent().path)
      ]
      let lab = try await Lab.up(configuration)
      do {
        // The tests want a folder on a block device at /var/tmp.
        let result = try await lab.exec(
          "host1",
          [
            "sh", "-c",
            "mount --bind /run/lab/disk /var/tmp && exec \(runner) --testing-library swift-testing "
              + "--filter CgroupKernelTests",
          ], within: .seconds(240))
        let text = result.text + result.errorText
        #expect(result.status == 0, "\(text)")
        #expect(text.contains("Page cache gives way to a lower limit"), "\(text)")
        #expect(!text.contains("skipped"), "\(text)")
      } catch {
        try await lab.down()
        throw error
      }
      try await lab.down()
    }
  }
}
