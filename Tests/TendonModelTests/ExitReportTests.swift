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

  @Test("An end for memory tells what the limit was before, and of whose limit that is.")
  func limitHistory() {
    func mark(_ second: Int64, _ own: String, _ service: String) -> MemoryLimitMark {
      MemoryLimitMark(
        at: Timestamp(millisecondsSinceEpoch: second * 1000), own: own, service: service)
    }
    var marks: [MemoryLimitMark] = []
    for next in [
      mark(1, "max", "max"), mark(2, "67108864", "max"), mark(3, "67108864", "max"),
      mark(4, "67108864", "134217728"), mark(5, "33554432", "134217728"),
    ] { marks.note(next) }
    #expect(marks.count == 4, "what says nothing new is not noted")
    var report = report(.signaled(signal: 9, coreDumped: false), oom: .instance, limit: "33554432")
    report.memoryLimits = marks
    #expect(
      report.details == [
        "its own limit was no limit from 1970-01-01T00:00:01.000Z, 64Mi from "
          + "1970-01-01T00:00:02.000Z, 32Mi from 1970-01-01T00:00:05.000Z"
      ])
    report.oomScope = .service
    #expect(
      report.details == [
        "its service's limit was no limit from 1970-01-01T00:00:01.000Z, 128Mi from "
          + "1970-01-01T00:00:04.000Z"
      ])
    for second in Int64(10)..<30 { marks.note(mark(second, "\(second)", "max")) }
    #expect(marks.count == 8 && marks.last?.own == "29" && marks.first?.own == "22")
  }

  @Test("Marks are what the kernel holds; where it limits no memory there are none.")
  func marks() {
    func knob(_ name: String, _ readBack: String?) -> KnobReport {
      KnobReport(
        knob: name, requested: "x", written: "1", readBack: readBack, isInForce: readBack != nil)
    }
    let at = Timestamp(millisecondsSinceEpoch: 1)
    #expect(
      MemoryLimitMark(at: at, [knob("memory.max", "4096"), knob("web.slice/memory.max", "8192")])
        == MemoryLimitMark(at: at, own: "4096", service: "8192"))
    #expect(MemoryLimitMark(at: at, []) == MemoryLimitMark(at: at, own: "max", service: "max"))
    #expect(MemoryLimitMark(at: at, [knob("memory.max", nil)]) == nil)
  }

  @Test("A report of an agent before this version is read.")
  func older() throws {
    let text =
      #"{"status":{"exited":{"code":3}},"at":0,"out_of_memory":false}"#
    let report = try JSONDecoder().decode(ExitReport.self, from: Data(text.utf8))
    #expect(report == self.report(.exited(code: 3)))
  }
}
