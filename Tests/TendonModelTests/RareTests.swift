// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import TendonModel
import Testing

@Suite("A value that is rarely there")
struct RareTests {
  private struct Holder: Codable, Hashable {
    @Rare var exit: ExitReport?
    var count: Int
  }

  private let exit = ExitReport(
    status: .exited(code: 3), at: Timestamp(millisecondsSinceEpoch: 7), outOfMemory: false)

  @Test("Is coded like any optional: without its key where it is nil.")
  func coding() throws {
    let empty = try JSONEncoder().encode(Holder(exit: nil, count: 1))
    #expect(String(decoding: empty, as: UTF8.self) == #"{"count":1}"#)
    #expect(try JSONDecoder().decode(Holder.self, from: empty) == Holder(exit: nil, count: 1))
    let null = Array(#"{"count":1,"exit":null}"#.utf8)
    #expect(try JSONDecoder().decode(Holder.self, from: Data(null)).exit == nil)
    let full = Holder(exit: exit, count: 2)
    #expect(try JSONDecoder().decode(Holder.self, from: JSONEncoder().encode(full)) == full)
  }

  @Test("Takes a reference's room, and a copy keeps its own.")
  func copies() {
    #expect(MemoryLayout<Rare<ExitReport>>.size == MemoryLayout<Int>.size)
    let before = Holder(exit: exit, count: 1)
    var after = before
    after.exit?.status = .exited(code: 4)
    #expect(before.exit == exit && after.exit?.status == .exited(code: 4))
    after.exit = nil
    #expect(after.exit == nil && before != after)
  }
}
