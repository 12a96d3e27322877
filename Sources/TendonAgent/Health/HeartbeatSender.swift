// SPDX-License-Identifier: Apache-2.0
package import Logging
package import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization
import TendonDatagram
package import TendonModel

/// Sends the host's heartbeats and takes in their acknowledgements.
///
/// It runs from the agent's start to its end and never fails because of the network: what can't be sent is
/// counted, and the next beat tries again. Without a session it is silent.
package actor HeartbeatSender: Service {
  private let incarnation: Incarnation
  let group: any EventLoopGroup
  private let logger: Logger
  private let provide: @Sendable () async -> HeartbeatInput
  private let onAck: @Sendable (HeartbeatAck) -> Void

  private let arrivals: AsyncStream<Arrival>
  let arrivalsEntry: AsyncStream<Arrival>.Continuation
  private let linkState = Mutex(HealthLink())
  var active: ActiveSession?
  private var cadence: HeartbeatCadence?
  private var rotation = HealthRotation()
  private var sequence: UInt64 = 0
  private(set) var port: HealthPort?
  /// What was sent on for the coordinator.
  var probes = PeerProbes()
  /// The last beat could not be sent; logged only when that changes.
  private var isCutOff = false

  /// How many beats wait for an acknowledgement at most; older ones are given up.
  private static let awaitedBeats: UInt64 = 64
  /// How often to look for a session while there is none.
  private static let idleInterval = Duration.milliseconds(50)

  /// - Parameters:
  ///   - provide: what to tell; asked before each beat. While it takes its time no beat is sent, so it must
  ///     only read what is at hand.
  ///   - onAck: told of each acknowledgement once; must not block.
  package init(
    incarnation: Incarnation, group: any EventLoopGroup, logger: Logger,
    provide: @escaping @Sendable () async -> HeartbeatInput,
    onAck: @escaping @Sendable (HeartbeatAck) -> Void
  ) {
    self.incarnation = incarnation
    self.group = group
    self.logger = logger
    self.provide = provide
    self.onAck = onAck
    (arrivals, arrivalsEntry) = AsyncStream.makeStream(
      bufferingPolicy: .bufferingNewest(Int(Self.awaitedBeats)))
  }

  /// How the path stands; may be read at any time, without waiting for the actor.
  package nonisolated var link: HealthLink { linkState.withLock { $0 } }

  /// Sends by this session from now on, with its first beat at once; nil ends sending. All instances are news
  /// to a new session.
  package func use(_ session: HealthSession?) {
    active = session.map(ActiveSession.init)
    cadence = session.map { HeartbeatCadence(interval: $0.interval) }
    rotation = HealthRotation()
    linkState.withLock { $0.needsNewSession = false }
  }

  /// Sends until the service group shuts down or the task is cancelled.
  package func run() async throws {
    do {
      try await cancelWhenGracefulShutdown {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
          tasks.addTask { await self.receive() }
          tasks.addTask { try await self.beatOnTime() }
          try await tasks.next()
          tasks.cancelAll()
        }
      }
    } catch is CancellationError {
      // The ordinary end.
    }
    if !Task.isCancelled { await sayGoodbye() }
    port?.channel.close(promise: nil)
    port = nil
  }

  private func beatOnTime() async throws {
    while true {
      let now = BootClock.now()
      guard let due = cadence?.next(after: now) else {
        try await Task.sleep(for: Self.idleInterval)
        continue
      }
      if due > now { try await Task.sleep(for: due - now, tolerance: .zero) }
      try Task.checkCancellation()
      await beat()
    }
  }

  private func beat() async {
    guard active != nil else { return }
    let input = await provide()
    // The session may have been replaced while the provider was asked: this beat goes by the new one.
    guard var session = active else { return }
    sequence += 1
    let heartbeat = Heartbeat(
      sequence: sequence, incarnation: incarnation, sentAt: BootClock.now(),
      appliedRevision: input.appliedRevision, roundTripMicroseconds: roundTripMicroseconds,
      usage: input.usage,
      instances: rotation.choose(
        from: input.instances, sequence: sequence, limit: HeartbeatCodec.maximumInstances))
    do {
      let datagram = try session.seal(heartbeat)
      session.awaited[sequence] = heartbeat.sentAt
      if sequence > Self.awaitedBeats { session.awaited[sequence - Self.awaitedBeats] = nil }
      active = session
      await send(datagram, to: session.coordinator)
    } catch {
      logger.error("A heartbeat could not be sealed", metadata: ["error": "\(error)"])
      linkState.withLock { $0.needsNewSession = true }
      active = nil
      cadence = nil
    }
  }

  private var roundTripMicroseconds: UInt32 {
    guard let roundTrip = link.roundTrip else { return 0 }
    return UInt32(clamping: roundTrip.wholeNanoseconds / 1000)
  }

  private func send(_ datagram: [UInt8], to coordinator: SocketAddress) async {
    do {
      try await openPort(to: coordinator).send(datagram, to: coordinator).get()
      linkState.withLock { $0.sent += 1 }
      noteCutOff(false, why: "")
    } catch {
      linkState.withLock { $0.sendErrors += 1 }
      noteCutOff(true, why: "\(error)")
    }
  }

  private func noteCutOff(_ isCutOff: Bool, why: String) {
    guard isCutOff != self.isCutOff else { return }
    self.isCutOff = isCutOff
    if isCutOff {
      logger.warning("Heartbeats can't be sent", metadata: ["error": "\(why)"])
    } else {
      logger.info("Heartbeats are sent again")
    }
  }

  /// The open socket, or a new one where there is none for the coordinator's protocol.
  /// Not connected, so that a coordinator that restarts causes no errors here.
  private func openPort(to coordinator: SocketAddress) async throws -> HealthPort {
    let local = coordinator.protocol == .inet6 ? "::" : "0.0.0.0"
    if let port, port.channel.isActive,
      port.channel.localAddress?.protocol == coordinator.protocol
    {
      return port
    }
    port?.channel.close(promise: nil)
    let entry = arrivalsEntry
    let opened = try await DatagramBootstrap(group: group)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(AckHandler(arrivals: entry))
        }
      }
      .bind(host: local, port: 0).get()
    let new = HealthPort(channel: opened)
    port = new
    return new
  }

  private func receive() async {
    for await arrival in arrivals {
      do {
        switch arrival {
        case .datagram(let bytes, let sender, let at): try accept(bytes, from: sender, at: at)
        case .kernel(let token): report(ProbeReport(token: token, result: .kernel))
        }
      } catch {
        linkState.withLock { $0.datagrams.count(error) }
      }
    }
  }

  private func accept(
    _ bytes: [UInt8], from sender: SocketAddress, at: MonotonicTime
  ) throws(DatagramError) {
    let header = try bytes.withUnsafeBufferPointer { (buffer) throws(DatagramError) in
      try DatagramHeader(of: UnsafeRawBufferPointer(buffer))
    }
    // The answer of another host, in its own session.
    if header.kind == .pong {
      try sendBack(bytes, session: header.session, from: sender)
      return linkState.withLock { $0.datagrams.accepted += 1 }
    }
    guard let message = try active?.open(bytes, header: header) else { throw .unknownSession }
    switch message {
    case .ack(let ack, let sentAt): acknowledged(ack, sentAt: sentAt, at: at)
    case .ping(let token): answerPing(token, to: sender)
    case .probeRequest(let request): follow(request)
    }
    if case .ack = message { return }
    linkState.withLock { $0.datagrams.accepted += 1 }
  }

  private func acknowledged(_ ack: HeartbeatAck, sentAt: MonotonicTime, at: MonotonicTime) {
    rotation.acknowledged(ack.sequence)
    linkState.withLock { link in
      link.datagrams.accepted += 1
      // An acknowledgement that was overtaken by a newer one has nothing new to say.
      if let newest = link.leaseRenewedFrom, newest >= sentAt { return }
      link.lastAck = ack
      link.lastAckAt = at
      link.roundTrip = at - sentAt
      link.leaseRenewedFrom = sentAt
    }
    onAck(ack)
  }
}
