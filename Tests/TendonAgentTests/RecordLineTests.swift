// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TendonAgent
@testable import TendonCore
@testable import TendonModel

@Suite("Lines of the journal")
struct RecordLineTests {
  private func read(_ line: RecordLine) throws -> RememberedPlacement {
    guard case .record(let record) = try RecordLine.read(line.bytes.dropLast()[...]) else {
      throw HarnessFault("not a record")
    }
    return record
  }

  @Test("Records of many specs, each with several, are read as they were written.")
  func sharedSpecs() throws {
    let encoder = RecordEncoder()
    var specs = LatestSpecs()
    // More than are kept, and texts that look like what stands in for a spec meanwhile.
    for service in 0..<300 {
      for slot in 0..<3 {
        var record = try sampleRecord(epoch: UInt64(service * 3 + slot + 1))
        var placement = record.memory.desired
        placement.spec.env = ["N": "\(service)", "S": "\"splice-0-0-00000000\" \u{0} / \\"]
        if slot == 2 { placement.resources.memory.request = .mebibytes(7) }
        record.memory.desired = specs.shared(placement)
        #expect(try read(RecordLine(.record(record), encoder)) == record)
      }
    }
  }

  @Test("Placements with equal specs get to share one, and keep what is their own.")
  func latestSpecs() throws {
    var specs = LatestSpecs()
    let first = specs.shared(try samplePlacement(epoch: 1))
    var other = try samplePlacement(epoch: 2)
    other.resources.cpu.request = MilliCPU(77)
    let second = specs.shared(other)
    #expect(first.$spec.identity == second.$spec.identity)
    #expect(second == other && second.resources.cpu.request == MilliCPU(77))
    var changed = try samplePlacement(epoch: 3)
    changed.spec.command = ["/bin/false"]
    #expect(specs.shared(changed).$spec.identity != first.$spec.identity)
    #expect(specs.shared(changed).spec.command == ["/bin/false"])
  }
}
