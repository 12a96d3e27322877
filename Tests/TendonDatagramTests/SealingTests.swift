// SPDX-License-Identifier: Apache-2.0
import TendonModel
import Testing

@testable import TendonDatagram

@Suite("Sealed datagrams")
struct SealingTests {
  @Test("A sealed heartbeat opens to the same heartbeat.", arguments: [11, 12] as [UInt64])
  func roundTrip(seed: UInt64) throws {
    var random = Seeded(seed: seed)
    let keys = try Fixture.keys()
    var (sealer, opener) = (Fixture.sealer(keys), Fixture.opener(keys))
    for _ in 0..<200 {
      let heartbeat = random.heartbeat()
      let datagram = try sealer.seal(HeartbeatCodec.encode(heartbeat))
      #expect(datagram.count <= WireLimits.maximumDatagram)
      let body = try opener.outcome(datagram).get()
      #expect(try HeartbeatCodec.decode(body) == heartbeat)
    }
  }

  @Test("Sealing adds exactly the overhead that the codec counts on.")
  func overhead() throws {
    var sealer = Fixture.sealer(try Fixture.keys())
    #expect(try sealer.seal([]).count == WireLimits.sealingOverhead)
    let longest = [UInt8](repeating: 1, count: WireLimits.maximumBody)
    #expect(try sealer.seal(longest).count == WireLimits.maximumDatagram)
    #expect(throws: SealError.tooLong(count: WireLimits.maximumBody + 1)) {
      try sealer.seal(longest + [1])
    }
  }

  @Test("The header is in clear as documented, and the body is not.")
  func layout() throws {
    var sealer = Fixture.sealer(try Fixture.keys(session: 0x0102_0304))
    let body = Array("a body nobody else may read".utf8)
    let datagram = try sealer.seal(body, as: .ack)
    #expect(datagram.prefix(16) == [1, 2, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 1])
    #expect(!datagram.indices.contains { datagram[$0...].starts(with: body.prefix(4)) })
  }

  @Test("Every prefix of a datagram is dropped, and so is one that is longer than any may be.")
  func lengths() throws {
    let keys = try Fixture.keys()
    var (sealer, opener) = (Fixture.sealer(keys), Fixture.opener(keys))
    let datagram = try sealer.seal([UInt8](repeating: 7, count: 40))
    for length in 0..<datagram.count {
      let expected: DatagramError = length < WireLimits.sealingOverhead ? .tooShort : .forged
      #expect(opener.outcome(Array(datagram.prefix(length))) == .failure(expected))
    }
    #expect(opener.outcome(datagram + [0]) == .failure(.forged))
    let padding = [UInt8](repeating: 0, count: WireLimits.maximumDatagram + 1 - datagram.count)
    #expect(opener.outcome(datagram + padding) == .failure(.tooLong))
    #expect(try opener.outcome(datagram).get().count == 40, "none of them used the counter up")
  }

  @Test("With any one bit flipped a datagram is dropped, and the real one still opens after.")
  func everyBit() throws {
    let keys = try Fixture.keys()
    var (sealer, opener) = (Fixture.sealer(keys), Fixture.opener(keys))
    let datagram = try sealer.seal(Array("thirty bytes of a heartbeat...".utf8))
    for bit in 0..<datagram.count * 8 {
      var forged = datagram
      forged[bit / 8] ^= 1 << (bit % 8)
      let expected: [DatagramError] =
        switch bit / 8 {
        case 0: [.unknownVersion]
        // Some are other kinds: the kind is authenticated.
        case 1: [.unknownKind, .forged]
        case 2, 3: [.malformed]
        case 4...7: [.unknownSession]
        case 8...15: [.forged, .replayed]
        default: [.forged]
        }
      let outcome = opener.outcome(forged)
      #expect(expected.map { .failure($0) }.contains(outcome), "bit \(bit)")
    }
    #expect(throws: Never.self) { try opener.outcome(datagram).get() }
  }

  @Test("Unknown versions and kinds are dropped by name.")
  func versionsAndKinds() throws {
    let keys = try Fixture.keys()
    var (sealer, opener) = (Fixture.sealer(keys), Fixture.opener(keys))
    var datagram = try sealer.seal([1])
    for version in [0, 2, 255] as [UInt8] {
      datagram[0] = version
      #expect(opener.outcome(datagram) == .failure(.unknownVersion))
    }
    datagram[0] = DatagramHeader.version
    for kind in [0, 8, 255] as [UInt8] {
      datagram[1] = kind
      #expect(opener.outcome(datagram) == .failure(.unknownKind))
    }
  }

  @Test("A datagram opens once; its copy is a replay.")
  func replay() throws {
    let keys = try Fixture.keys()
    var (sealer, opener) = (Fixture.sealer(keys), Fixture.opener(keys))
    let datagrams = try (0..<5).map { try sealer.seal([UInt8($0)]) }
    for index in [4, 0, 2, 1, 3] {
      #expect(opener.outcome(datagrams[index]) == .success([UInt8(index)]))
      #expect(opener.outcome(datagrams[index]) == .failure(.replayed))
    }
  }

  @Test("A late datagram opens within the window and is dropped behind it.")
  func late() throws {
    let keys = try Fixture.keys()
    var (sealer, opener) = (Fixture.sealer(keys), Fixture.opener(keys))
    let datagrams = try (0...Int(ReplayWindow.length)).map { _ in try sealer.seal([1]) }
    #expect(opener.outcome(datagrams[datagrams.count - 1]) == .success([1]))
    #expect(opener.outcome(datagrams[1]) == .success([1]), "1,023 behind the newest")
    #expect(opener.outcome(datagrams[0]) == .failure(.replayed), "1,024 behind the newest")
  }

  @Test("A forged datagram with a far counter does not move the window.")
  func forgedCounter() throws {
    let keys = try Fixture.keys()
    var (sealer, opener) = (Fixture.sealer(keys), Fixture.opener(keys))
    let real = try sealer.seal([1])
    var forged = real
    forged[8] = 255
    #expect(opener.outcome(forged) == .failure(.forged))
    #expect(opener.outcome(real) == .success([1]))
  }

  @Test("Another direction, session, host, token or nonce opens nothing.")
  func strangers() throws {
    let keys = try Fixture.keys()
    var sealer = Fixture.sealer(keys)
    let datagram = try sealer.seal([1])
    var backwards = DatagramOpener(keys: keys, direction: .coordinatorToAgent)
    #expect(backwards.outcome(datagram) == .failure(.forged))
    let others: [(keys: DatagramKeys, error: DatagramError)] = [
      (try Fixture.keys(session: 8), .unknownSession),
      (try Fixture.keys(host: "host2"), .forged),
      (try Fixture.keys(token: Array("another token".utf8)), .forged),
      (try Fixture.keys(agentNonce: Fixture.coordinatorNonce), .forged),
      (try Fixture.keys(coordinatorNonce: Fixture.agentNonce), .forged),
    ]
    for (keys, error) in others {
      var opener = Fixture.opener(keys)
      #expect(opener.outcome(datagram) == .failure(error))
    }
    // The same key under another session's name: the name is authenticated too.
    var renamed = datagram
    renamed[7] = 8
    var opener = Fixture.opener(try Fixture.keys(session: 8))
    #expect(opener.outcome(renamed) == .failure(.forged))
  }

  @Test("A key that has sealed its share asks for a new session.")
  func exhausted() throws {
    var sealer = DatagramSealer(
      keys: try Fixture.keys(), direction: .agentToCoordinator,
      startingAfter: DatagramSealer.limit - 1)
    #expect(throws: Never.self) { try sealer.seal([1]) }
    #expect(throws: SealError.exhausted) { try sealer.seal([1]) }
  }
}
