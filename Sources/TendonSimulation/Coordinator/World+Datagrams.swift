// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonDatagram
import TendonModel

/// Datagrams at the coordinator: heartbeats and their acknowledgements, and what comes of probes.
extension World {
  private static var udpPort: UInt16 { 7947 }
  /// A keep-alive goes over the stream for every so many heartbeats.
  private static var beatsPerKeepAlive: UInt64 { 8 }

  mutating func receive(_ datagram: Datagram) {
    guard coordinator.core != nil else { return }
    do throws(DatagramError) {
      try take(datagram.bytes, via: nil)
      datagrams.accepted += 1
    } catch {
      datagrams.count(error)
    }
  }

  /// - Parameter via: the host that sent the answer of another on.
  private mutating func take(_ bytes: [UInt8], via: HostID?) throws(DatagramError) {
    let header = try DatagramHeader(of: bytes)
    guard let host = coordinator.peers[header.session]?.host else { throw .unknownSession }
    if via != nil, header.kind != .pong { throw .malformed }
    let body = try coordinator.peers[header.session]!.open(
      bytes, header, forgets: sabotage == .noReplayWindow)
    do throws(WireError) {
      switch header.kind {
      case .heartbeat: heard(try HeartbeatCodec.decode(body), of: host, session: header.session)
      case .pong:
        let token = try ProbeCodec.decodeToken(body)
        signed(HostSign(.agent, token: token, host: hosts[host].id, via: via))
      case .goodbye: signed(HostSign(.goodbye, host: hosts[host].id))
      case .probeReport: try told(try ProbeCodec.decodeReport(body), by: hosts[host].id)
      case .ack, .ping, .probeRequest: throw WireError.unknownVersion(header.kind.rawValue)
      }
    } catch {
      // Which part was wrong is of no use to a counter.
      throw .malformed
    }
  }

  private mutating func told(_ report: ProbeReport, by host: HostID) throws(WireError) {
    switch report.result {
    case .asked: signed(HostSign(.asked, token: report.token, via: host))
    case .kernel: signed(HostSign(.kernel, token: report.token, via: host))
    case .agent(let answer):
      do throws(DatagramError) {
        try take(answer, via: host)
      } catch {
        datagrams.count(error)
      }
    }
  }

  private mutating func heard(_ heartbeat: Heartbeat, of host: Int, session: UInt32) {
    let id = hosts[host].id
    hosts[host].takenAt = time
    coordinator.peers[session]!.isReached = true
    let ack = HeartbeatAck(
      sequence: heartbeat.sequence, echoedSentAt: heartbeat.sentAt,
      coordinatorEpoch: coordinator.life,
      newestRevision: coordinator.core!.desiredRevision(of: id), lease: settings.lease)
    let bytes = coordinator.peers[session]!.seal(HeartbeatAckCodec.encode(ack), as: .ack)
    send(bytes, from: .coordinator, to: .host(host))
    coordinator.core!.heartbeatReceived(id, sessionID: session, heartbeat, now: coordinatorNow)
    guard settleCore(), heartbeat.sequence.isMultiple(of: Self.beatsPerKeepAlive) else { return }
    if coordinator.core?.openSession(of: id) == session {
      sendLine(.keepAlive, session: session, to: host)
    }
  }

  private mutating func signed(_ sign: HostSign) {
    let host = hosts.firstIndex { $0.id == sign.host } ?? coordinator.triedHosts[sign.token]
    // That another was asked is no sign of the suspect's.
    if let host, sign.kind != .asked { hosts[host].signedAt = time }
    coordinator.core!.hostSigned(sign, now: coordinatorNow)
    settleCore()
  }

  // MARK: Probes

  mutating func send(_ order: ProbeOrder) {
    guard let suspect = hosts.firstIndex(where: { $0.id == order.suspect }),
      let peer = coordinator.peer(of: suspect), peer.isReached
    else { return }
    coordinator.triedHosts[order.token] = suspect
    if order.pings {
      send(ping(order.token, session: peer.session), from: .coordinator, to: .host(suspect))
    }
    if order.asksKernel { askKernel(of: suspect, token: order.token, from: .coordinator) }
    for id in order.via {
      guard let witness = hosts.firstIndex(where: { $0.id == id }),
        let other = coordinator.peer(of: witness), other.isReached
      else { continue }
      let request = ProbeRequest(
        token: order.token, asksKernel: order.asksKernel, address: hosts[suspect].address,
        port: Self.udpPort, ping: ping(order.token, session: peer.session))
      var body: [UInt8] = []
      ProbeCodec.encode(request, into: &body)
      let bytes = coordinator.peers[other.session]!.seal(body, as: .probeRequest)
      send(bytes, from: .coordinator, to: .host(witness))
    }
  }

  /// Each try of each sender is another ping: a host answers none twice.
  private mutating func ping(_ token: UInt64, session: UInt32) -> [UInt8] {
    var body: [UInt8] = []
    ProbeCodec.encode(token: token, into: &body)
    return coordinator.peers[session]!.seal(body, as: .ping)
  }

  mutating func kernelAnswered(_ token: UInt64) {
    guard coordinator.core != nil else { return }
    signed(HostSign(.kernel, token: token))
  }
}
