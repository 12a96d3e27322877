// SPDX-License-Identifier: Apache-2.0
import Synchronization
import TendonCore
import TendonDatagram
import TendonLinux
import TendonModel

extension SessionTable {
  /// Where a session's agent is reached.
  func setAddress(_ address: DatagramAddress?, ofSession session: UInt32) {
    state.withLock { state in
      guard let place = state.placeOfSession[session] else { return }
      state.peers[place]?.address = address
    }
  }

  /// Seals what one try sends, to whom. Empty where the suspect has no session, or was never heard over UDP.
  func datagrams(for order: ProbeOrder) -> [(to: DatagramAddress, bytes: [UInt8])] {
    state.withLock { $0.datagrams(for: order) }
  }

  func address(of host: HostID) -> DatagramAddress? {
    state.withLock { $0.peer(of: host)?.address }
  }
}

/// What is sent to reach a silent host, and what comes back through others.
extension SessionTable.State {
  mutating func datagrams(for order: ProbeOrder) -> [(to: DatagramAddress, bytes: [UInt8])] {
    guard let suspect = placeOfHost[order.suspect], let address = peers[suspect]?.address else {
      return []
    }
    var datagrams: [(to: DatagramAddress, bytes: [UInt8])] = []
    if order.pings {
      datagrams.append((address, ping(order.token, place: suspect)))
    }
    for host in order.via {
      // An address that means another host to it, or itself, would only mislead.
      guard address.isGlobal, let place = placeOfHost[host], let peer = peers[place]?.address,
        peer.ip != address.ip
      else { continue }
      let request = ProbeRequest(
        token: order.token, asksKernel: order.asksKernel, address: address.ip, port: address.port,
        ping: ping(order.token, place: suspect))
      ProbeCodec.encode(request, into: &body)
      var bytes: [UInt8] = []
      peers[place]!.seal(body, as: .probeRequest, appendingTo: &bytes)
      if !bytes.isEmpty { datagrams.append((peer, bytes)) }
    }
    return datagrams
  }

  /// Each try of each sender is another ping: a host answers none twice.
  private mutating func ping(_ token: UInt64, place: Int) -> [UInt8] {
    ProbeCodec.encode(token: token, into: &body)
    var bytes: [UInt8] = []
    peers[place]!.seal(body, as: .ping, appendingTo: &bytes)
    return bytes
  }

  /// What a host's report means; the answer inside counts as its own agent's word, however it came.
  mutating func sign(
    of report: ProbeReport, by peer: HostID, terms: LeaseTerms, receivedAt: MonotonicTime
  ) throws(DatagramError) -> HostSign {
    switch report.result {
    case .asked: return HostSign(.asked, token: report.token, via: peer)
    case .kernel: return HostSign(.kernel, token: report.token, via: peer)
    case .agent(let answer):
      var nothing: [UInt8] = []
      let arrival = try answer.withUnsafeBufferPointer { (buffer) throws(DatagramError) in
        let bytes = UnsafeRawBufferPointer(buffer)
        // Only an answer: anything else could have come by itself.
        guard try DatagramHeader(of: bytes).kind == .pong else { throw .malformed }
        return try open(bytes, terms: terms, receivedAt: receivedAt, appendingTo: &nothing)
      }
      guard case .sign(var sign) = arrival else { throw .malformed }
      sign.via = peer
      return sign
    }
  }
}
