// SPDX-License-Identifier: Apache-2.0
import TendonModel
import Testing

@Suite("Probe datagrams")
struct ProbeCodecTests {
  private func bytes(_ body: (inout [UInt8]) -> Void) -> [UInt8] {
    var buffer: [UInt8] = [9, 9, 9]
    body(&buffer)
    return buffer
  }

  private func request(_ random: inout Seeded) -> ProbeRequest {
    let length = Bool.random(using: &random) ? 4 : 16
    let ping = Int.random(in: 0...1100, using: &random)
    return ProbeRequest(
      token: random.value(), asksKernel: Bool.random(using: &random),
      address: (0..<length).map { _ in random.value() }, port: random.value(),
      ping: (0..<ping).map { _ in random.value() })
  }

  private func report(_ random: inout Seeded) -> ProbeReport {
    let length = Int.random(in: 0...1100, using: &random)
    let results: [ProbeReport.Result] = [
      .asked, .kernel, .agent(answer: (0..<length).map { _ in random.value() }),
    ]
    return ProbeReport(token: random.value(), result: results.randomElement(using: &random)!)
  }

  @Test(
    "Each reads back as it was written, within a datagram; a prefix or a longer one is refused.")
  func roundTrip() throws {
    var random = Seeded(seed: 11)
    for _ in 0..<100 {
      let token: UInt64 = random.value()
      let ping = bytes { ProbeCodec.encode(token: token, into: &$0) }
      #expect(try ProbeCodec.decodeToken(ping) == token)
      let request = request(&random)
      let asked = bytes { ProbeCodec.encode(request, into: &$0) }
      #expect(try ProbeCodec.decodeRequest(asked) == request)
      let report = report(&random)
      let told = bytes { ProbeCodec.encode(report, into: &$0) }
      #expect(try ProbeCodec.decodeReport(told) == report)
      #expect([ping, asked, told].allSatisfy { $0.count <= WireLimits.maximumBody })
      func cut(_ whole: [UInt8]) -> [UInt8] {
        Array(whole.prefix(Int.random(in: 0..<whole.count, using: &random)))
      }
      let (shortPing, shortRequest, shortReport) = (cut(ping), cut(asked), cut(told))
      #expect(throws: WireError.truncated) { try ProbeCodec.decodeToken(shortPing) }
      #expect(throws: WireError.truncated) { try ProbeCodec.decodeRequest(shortRequest) }
      #expect(throws: WireError.truncated) { try ProbeCodec.decodeReport(shortReport) }
      #expect(throws: WireError.trailing(count: 1)) { try ProbeCodec.decodeToken(ping + [0]) }
      #expect(throws: WireError.trailing(count: 1)) { try ProbeCodec.decodeRequest(asked + [0]) }
      #expect(throws: WireError.trailing(count: 1)) { try ProbeCodec.decodeReport(told + [0]) }
    }
  }

  @Test("Hostile bytes are refused by name, and never trap.")
  func hostile() {
    let request = ProbeRequest(
      token: 1, asksKernel: false, address: [10, 0, 0, 1], port: 2, ping: [3])
    let good = bytes { ProbeCodec.encode(request, into: &$0) }
    func altered(_ index: Int, _ value: UInt8) -> [UInt8] {
      var bytes = good
      bytes[index] = value
      return bytes
    }
    let table: [(bytes: [UInt8], error: WireError)] = [
      (altered(0, 2), .unknownVersion(2)), (altered(9, 2), .unknownFlags(2)),
      (altered(10, 5), .badLength(5)), (altered(17, 0xff), .badLength(0xff01)),
      (altered(18, 2), .truncated),
      (good + [UInt8](repeating: 0, count: 1200), .tooLong(count: good.count + 1200)),
    ]
    for (bytes, error) in table {
      #expect(throws: error) { try ProbeCodec.decodeRequest(bytes) }
    }
    #expect(throws: WireError.unknownResult(4)) {
      try ProbeCodec.decodeReport([1] + [UInt8](repeating: 0, count: 8) + [4])
    }
    var random = Seeded(seed: 12)
    for _ in 0..<2000 {
      let length = Int.random(in: 0...80, using: &random)
      var noise: [UInt8] = (0..<length).map { _ in random.value() }
      if !noise.isEmpty { noise[0] = 1 }
      if let found = try? ProbeCodec.decodeRequest(noise) {  // Noise may be a request.
        #expect(bytes { ProbeCodec.encode(found, into: &$0) } == noise)
      }
      if let found = try? ProbeCodec.decodeReport(noise) {  // Likewise.
        #expect(bytes { ProbeCodec.encode(found, into: &$0) } == noise)
      }
    }
  }
}
