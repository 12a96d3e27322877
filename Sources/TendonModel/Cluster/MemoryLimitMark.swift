// SPDX-License-Identifier: Apache-2.0

/// Which limits of memory held an instance from some time on, as the kernel had them.
package struct MemoryLimitMark: Hashable, Sendable, Codable {
  package var at: Timestamp
  /// `memory.max` of its own cgroup, verbatim: bytes, or `max`.
  package var own: String
  /// The same of its service's cgroup.
  package var service: String

  package init(at: Timestamp, own: String, service: String) {
    self.at = at
    self.own = own
    self.service = service
  }

  /// What limits that were just written and read back say; nil where the kernel limits no memory.
  package init?(at: Timestamp, _ knobs: [KnobReport]) {
    let file = "memory.max"
    // What is the kernel's default, and always was, has no report.
    let own = knobs.first { $0.knob == file }
    if let own, own.readBack == nil { return nil }
    let service = knobs.first { $0.knob.hasSuffix(".slice/\(file)") }
    self.init(at: at, own: own?.readBack ?? "max", service: service?.readBack ?? "max")
  }
}

extension [MemoryLimitMark] {
  /// How many are kept: enough to see a series of resizes, little enough to travel with every report.
  package static var mostMarks: Int { 8 }

  /// Adds a mark where it says something new; the oldest goes when there are too many.
  package mutating func note(_ mark: MemoryLimitMark) {
    if let last, last.own == mark.own, last.service == mark.service { return }
    append(mark)
    if count > Self.mostMarks { removeFirst(count - Self.mostMarks) }
  }

  /// `512Mi from 2026-01-31T10:00:00.000Z, 256Mi from 2026-01-31T10:02:11.500Z`, of one of the two limits; nil where it
  /// is not known.
  package func history(of limit: KeyPath<MemoryLimitMark, String>) -> String? {
    var parts: [String] = []
    var former: String?
    for mark in self where mark[keyPath: limit] != former {
      former = mark[keyPath: limit]
      let size =
        UInt64(mark[keyPath: limit]).map { "\(Bytes(Int64(clamping: $0)).rounded)" } ?? "no limit"
      parts.append("\(size) from \(mark.at)")
    }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }
}
