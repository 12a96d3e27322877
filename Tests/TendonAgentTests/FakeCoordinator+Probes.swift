// SPDX-License-Identifier: Apache-2.0
import NIOCore
import TendonDatagram
import TendonModel

/// Probes as the coordinator sends and reads them.
extension FakeCoordinator {
  func sealedPing(_ token: UInt64) throws -> [UInt8] {
    var body: [UInt8] = []
    ProbeCodec.encode(token: token, into: &body)
    return try sealed(body, as: .ping)
  }

  func sealed(_ request: ProbeRequest) throws -> [UInt8] {
    var body: [UInt8] = []
    ProbeCodec.encode(request, into: &body)
    return try sealed(body, as: .probeRequest)
  }

  func pong() async throws -> UInt64 { try ProbeCodec.decodeToken(try await next(.pong)) }

  func report() async throws -> ProbeReport {
    try ProbeCodec.decodeReport(try await next(.probeReport))
  }

  /// The token of a pong that came another way.
  func openPong(_ datagram: [UInt8]) throws -> UInt64 {
    let (kind, body) = try open(datagram)
    guard kind == .pong else { throw DatagramError.unknownKind }
    return try ProbeCodec.decodeToken(body)
  }
}
