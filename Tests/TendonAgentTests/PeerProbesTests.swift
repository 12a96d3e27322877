// SPDX-License-Identifier: Apache-2.0
import NIOCore
import TendonDatagram
import TendonModel
import Testing

@testable import TendonAgent

@Suite("Probes for others")
struct PeerProbesTests {
  private let start = MonotonicTime(nanoseconds: 1_000_000_000)

  private func address(_ last: Int) throws -> SocketAddress {
    try SocketAddress(ipAddress: "10.0.0.\(last)", port: 7000)
  }

  private func request(_ token: UInt64, session: UInt32, kind: DatagramKind = .ping) throws
    -> ProbeRequest
  {
    let keys = try DatagramKeys(
      joinToken: [1], agentNonce: SessionNonce.random(), coordinatorNonce: SessionNonce.random(),
      host: HostID("host9"), session: session)
    var sealer = DatagramSealer(keys: keys, direction: .coordinatorToAgent)
    var ping: [UInt8] = []
    try sealer.seal([1, 2, 3], as: kind, appendingTo: &ping)
    return ProbeRequest(
      token: token, asksKernel: false, address: [10, 0, 0, 2], port: 7000, ping: ping)
  }

  @Test(
    "Only what was asked for is sent back: from that host, in that session, in time, a few times.")
  func answers() throws {
    var probes = PeerProbes()
    let (suspect, stranger) = (try address(2), try address(3))
    #expect(probes.answered(session: 5, from: suspect, now: start) == nil)
    #expect(probes.begin(try request(17, session: 5), to: suspect, now: start) == true)
    #expect(probes.answered(session: 6, from: suspect, now: start) == nil)
    #expect(probes.answered(session: 5, from: stranger, now: start) == nil)
    for _ in 0..<PeerProbes.mostAnswers {
      #expect(probes.answered(session: 5, from: suspect, now: start) == 17)
    }
    #expect(probes.answered(session: 5, from: suspect, now: start) == nil)
    #expect(probes.begin(try request(18, session: 5), to: suspect, now: start) == true)
    #expect(probes.answered(session: 5, from: suspect, now: start) == 18)
    #expect(probes.answered(session: 5, from: suspect, now: start + .seconds(3)) == nil)
  }

  @Test("What is no ping is not sent on.")
  func notAPing() throws {
    var probes = PeerProbes()
    let suspect = try address(2)
    #expect(probes.begin(try request(1, session: 5, kind: .ack), to: suspect, now: start) == false)
    var broken = try request(1, session: 5)
    broken.ping = [1, 2, 3]
    #expect(probes.begin(broken, to: suspect, now: start) == false)
    #expect(probes.refused == 2)
  }

  @Test("Two hundred a second are sent on, and no more.")
  func rate() throws {
    var probes = PeerProbes()
    let suspect = try address(2)
    let request = try request(1, session: 5)
    var sent = 0
    for millisecond in 0..<2000 {
      let now = start + .milliseconds(millisecond)
      for _ in 0..<5 where probes.begin(request, to: suspect, now: now) { sent += 1 }
    }
    #expect(sent >= 590 && sent <= 600)
  }
}
