// SPDX-License-Identifier: Apache-2.0
import Glibc
import Logging
import Testing

@testable import TendonSystemd

@Suite struct JournalLogTests {
  @Test("Metadata become fields of their own, in the journal's letters.")
  func metadataBecomesFields() {
    let fields = JournalLogHandler.fields(
      level: .warning, message: "it stopped\nand more", identifier: "tendon-agent",
      metadata: ["instance": "web.3", "coordinator-epoch": "7", "host": "h1"])
    #expect(
      fields == [
        "MESSAGE=it stopped\nand more", "PRIORITY=4", "SYSLOG_IDENTIFIER=tendon-agent",
        "TENDON_COORDINATOR_EPOCH=7", "TENDON_HOST=h1", "TENDON_INSTANCE=web.3",
      ])
  }

  @Test("A field's name has capital letters, digits and underscores only, whatever the key.")
  func fieldNames() {
    #expect(JournalLogHandler.fieldName("a.b=c\n") == "TENDON_A_B_C_")
    #expect(JournalLogHandler.fieldName("é") == "TENDON___")
  }

  @Test(
    "Each level has its priority of syslog.",
    arguments: [
      (Logger.Level.trace, 7), (.debug, 7), (.info, 6), (.notice, 5), (.warning, 4), (.error, 3),
      (.critical, 2),
    ])
  func priorities(level: Logger.Level, priority: Int) { #expect(level.priority == priority) }

  @Test("stderr is the journal only where JOURNAL_STREAM names that very file.")
  func journalStream() throws {
    var ends: [Int32] = [-1, -1]
    #expect(pipe(&ends) == 0)
    defer { for end in ends { close(end) } }
    var facts = stat()
    #expect(fstat(ends[1], &facts) == 0)
    #expect(ProgramLog.isJournal("\(facts.st_dev):\(facts.st_ino)", of: ends[1]))
    #expect(!ProgramLog.isJournal("\(facts.st_dev):\(facts.st_ino + 1)", of: ends[1]))
    #expect(!ProgramLog.isJournal(nil, of: ends[1]))
    #expect(!ProgramLog.isJournal("nonsense", of: ends[1]))
  }
}
