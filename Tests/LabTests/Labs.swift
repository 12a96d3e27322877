// SPDX-License-Identifier: Apache-2.0
import Foundation
import TendonLab
import Testing

/// Everything that boots hosts, one after the other: two labs at once would be slow enough to be taken for dead.
@Suite(.serialized) struct Labs {
  @Test(
    "In CI a machine that cannot run the lab is a failure, not a reason to skip.",
    .enabled(if: ProcessInfo.processInfo.environment["CI"] != nil))
  func labIsThereInCI() {
    let reason = Lab.whyNot(LabConfiguration(hosts: 1))
    #expect(Lab.isAvailable, "\(reason.map(String.init(describing:)) ?? "no reason is known")")
  }
}
