// SPDX-License-Identifier: Apache-2.0

import TendonDatagram
import TendonModel

/// One end of a session: the real ciphers, with what they count.
struct SealedPeer {
  /// At the coordinator's end: whose session it is.
  let host: Int
  let session: UInt32
  /// Whether a heartbeat came, so that it is known where to send to.
  var isReached = false
  private let keys: DatagramKeys
  private let receives: DatagramDirection
  private var sealer: DatagramSealer
  private var opener: DatagramOpener

  /// What agents and the coordinator share.
  private static let joinToken = Array("a token for simulated hosts".utf8)

  init(
    host: Int, id: HostID, session: UInt32, agentNonce: String, coordinatorNonce: String,
    receives: DatagramDirection
  ) {
    self.host = host
    self.session = session
    self.receives = receives
    do {
      keys = try DatagramKeys(
        joinToken: Self.joinToken, agentNonce: agentNonce, coordinatorNonce: coordinatorNonce,
        host: id, session: session)
    } catch {
      preconditionFailure("\(error)")
    }
    sealer = DatagramSealer(
      keys: keys,
      direction: receives == .coordinatorToAgent ? .agentToCoordinator : .coordinatorToAgent)
    opener = DatagramOpener(keys: keys, direction: receives)
  }

  mutating func seal(_ body: [UInt8], as kind: DatagramKind) -> [UInt8] {
    var bytes: [UInt8] = []
    do { try sealer.seal(body, as: kind, appendingTo: &bytes) } catch {
      preconditionFailure("a datagram of a simulation could not be sealed: \(error)")
    }
    return bytes
  }

  /// - Parameter forgets: whether what came before is forgotten, so that it can come again.
  mutating func open(
    _ bytes: [UInt8], _ header: DatagramHeader, forgets: Bool = false
  ) throws(DatagramError) -> [UInt8] {
    if forgets { opener = DatagramOpener(keys: keys, direction: receives) }
    var body: [UInt8] = []
    try bytes.withUnsafeBufferPointer { (buffer) throws(DatagramError) in
      try opener.open(UnsafeRawBufferPointer(buffer), header: header, into: &body)
    }
    return body
  }
}

extension DatagramHeader {
  init(of bytes: [UInt8]) throws(DatagramError) {
    self = try bytes.withUnsafeBufferPointer { (buffer) throws(DatagramError) in
      try DatagramHeader(of: UnsafeRawBufferPointer(buffer))
    }
  }
}

extension SimulationRandom {
  /// Half of a session's salt.
  mutating func nonce() -> String {
    [next(), next()].map { half in
      let digits = String(half, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }
}
