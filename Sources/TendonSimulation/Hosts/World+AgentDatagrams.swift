// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonDatagram
import TendonModel

/// Datagrams at an agent: heartbeats, acknowledgements, pings, and what it sends on for the coordinator.
extension World {
  /// How many beats wait for an acknowledgement at most.
  private static var awaitedBeats: UInt64 { 64 }

  mutating func beat(_ host: Int) {
    let late = hosts[host].weather.isSlow ? hosts[host].random.milliseconds(0...400) : .zero
    queue.add(.beat(host: host), at: time + .milliseconds(250) + late)
    guard let agent = hosts[host].agent, hosts[host].session != nil else { return }
    hosts[host].sequence += 1
    let heartbeat = Heartbeat(
      sequence: hosts[host].sequence, incarnation: incarnation(of: host),
      sentAt: hosts[host].clock(time), appliedRevision: agent.appliedRevision,
      roundTripMicroseconds: 500, usage: HostUsage(cpuMilli: 0, memoryUsedBytes: 0), instances: [])
    hosts[host].session!.awaited[heartbeat.sequence] = heartbeat.sentAt
    if heartbeat.sequence > Self.awaitedBeats {
      hosts[host].session!.awaited[heartbeat.sequence - Self.awaitedBeats] = nil
    }
    seal(HeartbeatCodec.encode(heartbeat), as: .heartbeat, on: host, to: .coordinator)
  }

  mutating func sayGoodbye(_ host: Int) {
    guard hosts[host].isRunning(at: time), hosts[host].agent != nil else { return }
    for _ in 0..<3 { seal(token: 0, as: .goodbye, on: host, to: .coordinator) }
  }

  mutating func receive(_ datagram: Datagram, on host: Int) {
    guard hosts[host].agent != nil else { return }
    do throws(DatagramError) {
      try take(datagram, on: host)
      datagrams.accepted += 1
    } catch {
      datagrams.count(error)
    }
  }

  private mutating func take(_ datagram: Datagram, on host: Int) throws(DatagramError) {
    let header = try DatagramHeader(of: datagram.bytes)
    if header.kind == .pong { return try sendBack(datagram, header, on: host) }
    guard let session = hosts[host].session, session.id == header.session else {
      throw .unknownSession
    }
    let body = try hosts[host].session!.peer.open(datagram.bytes, header)
    do throws(WireError) {
      switch header.kind {
      case .ack: try acknowledged(try HeartbeatAckCodec.decode(body), on: host)
      case .ping:
        let token = try ProbeCodec.decodeToken(body)
        seal(token: token, as: .pong, on: host, to: datagram.from)
      case .probeRequest: follow(try ProbeCodec.decodeRequest(body), on: host)
      default: throw WireError.unknownVersion(header.kind.rawValue)
      }
    } catch {
      throw .malformed
    }
  }

  private mutating func acknowledged(_ ack: HeartbeatAck, on host: Int) throws(WireError) {
    guard hosts[host].session?.awaited.removeValue(forKey: ack.sequence) == ack.echoedSentAt
    else { throw .truncated }
    hosts[host].newestRevision = max(ack.newestRevision, hosts[host].newestRevision)
    let now = hosts[host].clock(time)
    if !hosts[host].lease.holds(at: now) {
      hosts[host].lapsed.formUnion(hosts[host].processes.filter(\.value.isFenced).keys)
    }
    let sentAt = sabotage == .leaseFromReceipt ? now : ack.echoedSentAt
    _ = hosts[host].lease.acknowledged(sentAt: sentAt, lease: ack.lease)
  }

  // MARK: For the coordinator

  private mutating func follow(_ request: ProbeRequest, on host: Int) {
    guard let target = hosts.firstIndex(where: { $0.address == request.address }),
      // What is none can't be sent on.
      let header = try? DatagramHeader(of: request.ping), header.kind == .ping
    else { return }
    hosts[host].sentOn[header.session] = (request.token, target)
    send(request.ping, from: .host(host), to: .host(target))
    report(ProbeReport(token: request.token, result: .asked), by: host)
    if request.asksKernel { askKernel(of: target, token: request.token, from: .host(host)) }
  }

  /// The answer of another host, which only the coordinator can open.
  private mutating func sendBack(
    _ datagram: Datagram, _ header: DatagramHeader, on host: Int
  ) throws(DatagramError) {
    guard let sent = hosts[host].sentOn[header.session], datagram.from == .host(sent.to) else {
      throw .unknownSession
    }
    report(ProbeReport(token: sent.token, result: .agent(answer: datagram.bytes)), by: host)
  }

  mutating func kernelAnswered(_ token: UInt64, toldBy host: Int) {
    report(ProbeReport(token: token, result: .kernel), by: host)
  }

  private mutating func report(_ report: ProbeReport, by host: Int) {
    var body: [UInt8] = []
    ProbeCodec.encode(report, into: &body)
    seal(body, as: .probeReport, on: host, to: .coordinator)
  }

  private mutating func seal(
    token: UInt64, as kind: DatagramKind, on host: Int, to endpoint: Endpoint
  ) {
    var body: [UInt8] = []
    ProbeCodec.encode(token: token, into: &body)
    seal(body, as: kind, on: host, to: endpoint)
  }

  private mutating func seal(
    _ body: [UInt8], as kind: DatagramKind, on host: Int, to endpoint: Endpoint
  ) {
    guard hosts[host].session != nil else { return }
    let bytes = hosts[host].session!.peer.seal(body, as: kind)
    send(bytes, from: .host(host), to: endpoint)
  }
}
