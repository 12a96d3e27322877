// SPDX-License-Identifier: Apache-2.0
import TendonDatagram
import TendonModel

/// SplitMix64 (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators"): small, and the same
/// numbers for the same seed everywhere.
struct Seeded: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  mutating func value<Value: FixedWidthInteger & UnsignedInteger>(_: Value.Type = Value.self)
    -> Value
  {
    // The edges are where codecs fail, so they come often.
    switch Int.random(in: 0..<8, using: &self) {
    case 0: 0
    case 1: .max
    default: .random(in: .min ... .max, using: &self)
    }
  }

  mutating func optional() -> UInt16? { Bool.random(using: &self) ? value() : nil }

  mutating func heartbeat(instances: Int? = nil) -> Heartbeat {
    let count = instances ?? Int.random(in: 0...HeartbeatCodec.maximumInstances, using: &self)
    return Heartbeat(
      sequence: value(),
      incarnation: Incarnation(bootHigh: value(), bootLow: value(), agentStartedAt: value()),
      sentAt: MonotonicTime(nanoseconds: Int64(bitPattern: value())),
      appliedRevision: Revision(value()), roundTripMicroseconds: value(),
      usage: HostUsage(
        cpuMilli: value(), memoryUsedBytes: value(), cpuPressure: optional(),
        memoryPressure: optional(), ioPressure: optional()),
      instances: (0..<count).map { _ in
        InstanceHealth(
          epoch: Epoch(value()), phase: PlacementPhase.allCases.randomElement(using: &self)!,
          isReady: Bool.random(using: &self), restarts: value(), cpuMilli: value(),
          memoryBytes: value())
      })
  }
}

/// Keys and ciphers that fit each other, with what a test wants different.
enum Fixture {
  static let token = Array("a join token".utf8)
  static let agentNonce = "000102030405060708090a0b0c0d0e0f"
  static let coordinatorNonce = "f0e0d0c0b0a090807060504030201000"

  static func keys(
    token: [UInt8] = token, agentNonce: String = agentNonce,
    coordinatorNonce: String = coordinatorNonce, host: String = "host1", session: UInt32 = 7
  ) throws -> DatagramKeys {
    try DatagramKeys(
      joinToken: token, agentNonce: agentNonce, coordinatorNonce: coordinatorNonce,
      host: HostID(host), session: session)
  }

  static func sealer(_ keys: DatagramKeys) -> DatagramSealer {
    DatagramSealer(keys: keys, direction: .agentToCoordinator)
  }

  static func opener(_ keys: DatagramKeys) -> DatagramOpener {
    DatagramOpener(keys: keys, direction: .agentToCoordinator)
  }
}

extension DatagramSealer {
  mutating func seal(_ body: [UInt8], as kind: DatagramKind = .heartbeat) throws -> [UInt8] {
    var datagram: [UInt8] = []
    try seal(body, as: kind, appendingTo: &datagram)
    return datagram
  }
}

extension DatagramOpener {
  /// The body, or why it was dropped; any other error fails the test by trapping.
  mutating func outcome(_ datagram: [UInt8]) -> Result<[UInt8], DatagramError> {
    datagram.withUnsafeBytes { bytes in
      do throws(DatagramError) {
        let header = try DatagramHeader(of: bytes)
        var body: [UInt8] = []
        try open(bytes, header: header, into: &body)
        return .success(body)
      } catch {
        return .failure(error)
      }
    }
  }
}
