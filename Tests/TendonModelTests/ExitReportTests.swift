// SPDX-License-Identifier: Apache-2.0

import Foundation
import TendonModel
import Testing

@Suite struct ExitReportTests {
  private func report(
    _ status: TendonModel.ExitStatus, oom: ExitReport.OOMScope? = nil, limit: String? = nil,
    because: String? = nil
  ) -> ExitReport {
    ExitReport(
      status: status, at: Timestamp(millisecondsSinceEpoch: 0), outOfMemory: oom != nil,
      oomScope: oom, memoryLimit: limit, stoppedBecause: because)
  }

  @Test("One phrase says how it ended, whose limit it was, and whether we stopped it.")
  func summary() {
    let killed = TendonModel.ExitStatus.signaled(signal: 9, coreDumped: false)
    let cases: [(ExitReport, String)] = [
      (report(.exited(code: 2)), "exited with status 2"),
      (
        report(.signaled(signal: 11, coreDumped: true)),
        "killed by signal 11 (SIGSEGV), core dumped"
      ),
      (
        report(killed, oom: .instance, limit: "67108864"),
        "killed by signal 9 (SIGKILL): out of memory, over its own limit of 64Mi"
      ),
      (
        report(killed, oom: .service, limit: "1048576"),
        "killed by signal 9 (SIGKILL): out of memory, its service was over its limit of 1Mi"
      ),
      (
        report(killed, oom: .host, limit: "max"),
        "killed by signal 9 (SIGKILL): out of memory, the host itself had no memory left"
      ),
      (
        report(killed, because: "the coordinator asked for its end"),
        "killed by signal 9 (SIGKILL) (we stopped it: the coordinator asked for its end)"
      ),
    ]
    for (report, text) in cases { #expect(report.summary == text) }
  }

  @Test("A report of an agent before this version is read.")
  func older() throws {
    let text =
      #"{"status":{"exited":{"code":3}},"at":0,"out_of_memory":false}"#
    let report = try JSONDecoder().decode(ExitReport.self, from: Data(text.utf8))
    #expect(report == self.report(.exited(code: 3)))
  }
}
