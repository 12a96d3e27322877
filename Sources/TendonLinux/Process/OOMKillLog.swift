// SPDX-License-Identifier: Apache-2.0
import Glibc
package import TendonModel

/// What the kernel writes into its log when it kills for memory (`dump_tasks` and `dump_oom_victim` in mm/oom_kill.c):
///
///     Tasks state (memory values in pages):
///     [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name
///     [    731]     0   731     1021      640    45056        0             0 perl
///     oom-kill:constraint=CONSTRAINT_MEMCG,...,task_memcg=/tendon/web.slice/web.0@7,task=perl,pid=731,uid=0
///
/// Newer kernels have further columns, so they are found by the first line.
package enum OOMKillLog {
  /// The most records that are looked at; the kernel's ring holds fewer as a rule.
  private static let mostRecords = 50_000
  /// The longest record (LOG_LINE_MAX and its prefix, printk.c).
  private static let recordBytes = 8192

  /// The processes that the kernel weighed up when it last killed in the cgroup of a leaf, largest first; none where the
  /// log does not tell. Reads the whole log, some milliseconds: for deaths by memory only.
  package static func processes(
    of leaf: CgroupLeaf, limit: Int
  ) throws(KernelFileError) -> [ExitReport.ProcessUse] {
    processes(of: leaf, in: try records(), limit: limit)
  }

  /// - Parameter records: messages without their prefix, in order.
  static func processes(
    of leaf: CgroupLeaf, in records: some Sequence<Substring>, limit: Int
  ) -> [ExitReport.ProcessUse] {
    var table: [ExitReport.ProcessUse] = []
    var columns: [Substring] = []
    var found: [ExitReport.ProcessUse] = []
    for record in records {
      if record.hasPrefix("Tasks state") {
        (table, columns) = ([], [])
      } else if record.hasPrefix("["), let (pid, fields) = row(record) {
        if let pid = Int32(pid) {
          if let use = use(pid, fields, columns) { table.append(use) }
        } else if pid == "pid" {
          columns = fields
        }
      } else if record.hasPrefix("oom-kill:") {
        if isVictim(record, of: leaf) { found = table }
        table = []
      }
    }
    return Array(found.sorted { $0.resident > $1.resident }.prefix(limit))
  }

  /// What is between the brackets, and the words after them.
  private static func row(_ record: Substring) -> (Substring, [Substring])? {
    guard let end = record.firstIndex(of: "]") else { return nil }
    let pid = record[..<end].dropFirst().split(separator: " ").first ?? ""
    return (pid, record[end...].dropFirst().split(separator: " "))
  }

  private static func use(
    _ pid: Int32, _ fields: [Substring], _ columns: [Substring]
  ) -> ExitReport.ProcessUse? {
    guard let rss = columns.firstIndex(of: "rss"), columns.last == "name",
      fields.count >= columns.count, let pages = Int64(fields[rss])
    else { return nil }
    // A name may have spaces.
    let name = fields[(columns.count - 1)...].joined(separator: " ")
    return ExitReport.ProcessUse(pid: pid, name: name, resident: Bytes(pages * PageSize.bytes))
  }

  private static func isVictim(_ record: Substring, of leaf: CgroupLeaf) -> Bool {
    guard let field = record.split(separator: ",").first(where: { $0.hasPrefix("task_memcg=") })
    else { return false }
    return field.hasSuffix("/\(leaf)") || field.contains("/\(leaf)/")
  }

  /// The messages in the kernel's log that may belong to a kill. Each read(2) gives one record: `prio,seq,time,flags;text`.
  private static func records() throws(KernelFileError) -> [Substring] {
    let path = "/dev/kmsg"
    let file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else {
      // A host without a log tells nothing.
      if KernelFile.isAbsence(errno) { return [] }
      throw .cannotRead(path: path, errno: errno)
    }
    defer { close(file) }
    var buffer = [UInt8](repeating: 0, count: recordBytes)
    var records: [Substring] = []
    for _ in 0..<mostRecords {
      let count = read(file, &buffer, buffer.count)
      if count < 0 {
        // EPIPE: records were overwritten before they were read.
        if errno == EPIPE || errno == EINTR { continue }
        if errno == EAGAIN { break }
        throw .cannotRead(path: path, errno: errno)
      }
      if count == 0 { break }
      guard let begin = buffer[..<count].firstIndex(of: UInt8(ascii: ";")) else { continue }
      let text = buffer[(begin + 1)..<count].prefix { $0 != UInt8(ascii: "\n") }
      let message = Substring(String(decoding: text, as: UTF8.self))
      if ["Tasks state", "[", "oom-kill:"].contains(where: { message.hasPrefix($0) }) {
        records.append(message)
      }
    }
    return records
  }
}
