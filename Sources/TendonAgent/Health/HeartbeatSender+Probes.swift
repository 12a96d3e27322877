// SPDX-License-Identifier: Apache-2.0
import Glibc
import NIOCore
import NIOPosix
import TendonDatagram
import TendonModel

/// Answering pings, sending them on for others, and saying goodbye. Nothing is answered that the coordinator's key did
/// not seal.
extension HeartbeatSender {
  /// The version of `ProbeCodec` that this agent speaks.
  package static var probeVersion: UInt8 { ProbeCodec.version }

  /// How long a kernel may take to answer a TCP connection.
  private static var kernelTime: TimeAmount { .milliseconds(500) }
  /// One goodbye may be lost; three in a tenth of a second rarely are.
  private static var goodbyes: Int { 3 }
  private static var goodbyePause: Duration { .milliseconds(30) }

  /// To where the ping came from: the coordinator, or another host.
  func answerPing(_ token: UInt64, to sender: SocketAddress) {
    var body: [UInt8] = []
    ProbeCodec.encode(token: token, into: &body)
    send(body, as: .pong, to: sender)
  }

  func follow(_ request: ProbeRequest) {
    let target: SocketAddress
    do {
      target = try SocketAddress(
        packedIPAddress: ByteBuffer(bytes: request.address), port: Int(request.port))
    } catch { preconditionFailure("an address has 4 or 16 bytes: \(error)") }
    guard let port, port.channel.localAddress?.protocol == target.protocol,
      probes.begin(request, to: target, now: BootClock.now())
    else { return }
    // What can't be sent is lost, like any datagram.
    _ = port.send(request.ping, to: target)
    report(ProbeReport(token: request.token, result: .asked))
    if request.asksKernel { askKernel(at: target, token: request.token) }
  }

  /// An answer of another host, which only the coordinator can open.
  func sendBack(
    _ answer: [UInt8], session: UInt32, from sender: SocketAddress
  ) throws(DatagramError) {
    guard answer.count <= ProbeCodec.maximumInner,
      let token = probes.answered(session: session, from: sender, now: BootClock.now())
    else { throw .unknownSession }
    report(ProbeReport(token: token, result: .agent(answer: answer)))
  }

  func report(_ report: ProbeReport) {
    guard let coordinator = active?.coordinator else { return }
    var body: [UInt8] = []
    ProbeCodec.encode(report, into: &body)
    send(body, as: .probeReport, to: coordinator)
  }

  /// Whatever a kernel has to say to a connection proves that it lives.
  private func askKernel(at target: SocketAddress, token: UInt64) {
    let entry = arrivalsEntry
    ClientBootstrap(group: group).connectTimeout(Self.kernelTime).connect(to: target)
      .whenComplete { result in
        switch result {
        case .success(let channel):
          channel.close(promise: nil)
          entry.yield(.kernel(token: token))
        case .failure(let error):
          if (error as? IOError)?.errnoCode == ECONNREFUSED { entry.yield(.kernel(token: token)) }
        }
      }
  }

  /// Tells the coordinator that this agent ends because it was told to, and no host died.
  func sayGoodbye() async {
    for _ in 0..<Self.goodbyes {
      guard let coordinator = active?.coordinator else { return }
      var body: [UInt8] = []
      ProbeCodec.encode(token: 0, into: &body)
      send(body, as: .goodbye, to: coordinator)
      // Cancelled: the agent has to end at once.
      guard (try? await Task.sleep(for: Self.goodbyePause)) != nil else { return }
    }
  }

  private func send(_ body: [UInt8], as kind: DatagramKind, to target: SocketAddress) {
    guard let port, active != nil else { return }
    do throws(SealError) {
      // What can't be sent is lost, like any datagram.
      _ = port.send(try active!.seal(body, as: kind), to: target)
    } catch {
      // The key is used up: the next beat finds that too, and asks for a new session.
    }
  }
}
