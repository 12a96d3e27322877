// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// Tells living hosts from dead ones: by the heartbeats that arrive, with an adaptive deadline per host, and by asking
/// for signs of life, directly and through other hosts, once one is late.
///
/// Transitions: ready -> suspect -> down (`tick`); any of them -> ready by what the agent itself says, and suspect ->
/// suspect when it turns out why it is silent. Before suspect a host is late for a moment, which only pings it. A host
/// that the store knows and that was not heard yet begins as suspect. What is done about a host is not decided here.
package struct FailureDetector: Sendable {
  /// One host's change of state, or of what its state is put down to; the cause in words.
  package struct Transition: Hashable, Sendable {
    package var host: HostID
    package var from: HostState
    package var to: HostState
    package var cause: String
  }

  /// What a look at the clock brought about.
  package struct Step: Hashable, Sendable {
    package var transitions: [Transition] = []
    /// To be sent at once; lost is lost.
    package var probes: [ProbeOrder] = []
    /// For how long the coordinator itself had not looked; nil: as often as it should.
    package var pause: Duration?
  }

  let settings: DetectionSettings
  /// The time between two heartbeats of an agent.
  let interval: Duration
  var entries: [HostID: WatchedHost] = [:]
  /// All hosts, ascending.
  var order: [HostID] = []
  /// Until when the coordinator is known to have listened; nil: it is not told, and taken to listen always.
  var listenedUntil: MonotonicTime?
  /// The time up to which silence was judged last.
  var judgedUntil: MonotonicTime?
  /// Nobody is given up before: the coordinator was late.
  var doubtUntil: MonotonicTime?
  var lastToken: UInt64 = 0
  /// Whose tries the newest tokens were.
  var tokenOwners: [UInt64: HostID] = [:]
  /// Why the coordinator doubts itself, as of the last tick.
  package internal(set) var selfDoubt: SelfDoubt?
  /// The hosts that were heard and have gone quiet without a sign of life, as of the last tick: silent suspects, and
  /// those that were given up within `quietWindow`.
  package internal(set) var quietHosts: Set<HostID> = []

  package init(
    settings: DetectionSettings, interval: Duration = .milliseconds(250)
  ) {
    self.settings = settings
    self.interval = max(.milliseconds(1), interval)
  }

  // MARK: What comes from hosts

  /// A host that is known from before this coordinator's start.
  package mutating func hostRemembered(_ host: HostID, now: MonotonicTime) {
    add(
      host,
      WatchedHost(
        .suspect, cause: "not heard since this coordinator started", now: now, wasHeard: false,
        settings: settings))
  }

  /// Its agent opened a session: a new life, with a new key and numbers of its own.
  /// - Parameter rebooted: whether its boot id is new.
  /// - Parameter answersProbes: whether it knows pings and can be asked to send them on.
  package mutating func sessionOpened(
    _ host: HostID, rebooted: Bool, answersProbes: Bool, now: MonotonicTime
  ) -> Transition? {
    if var entry = entries[host] {
      entry.arrivals = ArrivalWindow(capacity: settings.window)
      entry.goodbyeAt = nil
      entry.agentEndedAt = nil
      entry.answersProbes = answersProbes
      entries[host] = entry
    }
    let transition = heard(host, now: now, because: rebooted ? "rebooted" : nil)
    entries[host]!.answersProbes = answersProbes
    if rebooted, transition == nil { entries[host]!.cause = "rebooted" }
    return transition
  }

  /// Its agent said something over its session: a report, its stream.
  package mutating func hostHeard(_ host: HostID, now: MonotonicTime) -> Transition? {
    heard(host, now: now, because: nil)
  }

  /// A genuine heartbeat came. One that newer ones of its session have overtaken is no sign of life: it may be a copy
  /// that somebody kept, and sends after the host's power went.
  /// - Parameter now: when it was received.
  package mutating func heartbeatHeard(
    _ host: HostID, sequence: UInt64, sentAt: MonotonicTime, roundTrip: Duration?,
    now: MonotonicTime
  ) -> Transition? {
    let isNews = isNews(host, sequence: sequence)
    if entries[host] != nil {
      entries[host]!.arrivals.note(sequence: sequence, sentAt: sentAt, at: now)
      if isNews, let roundTrip { entries[host]!.roundTrip = roundTrip }
    }
    return isNews ? heard(host, now: now, because: nil) : nil
  }

  package mutating func streamOpened(_ host: HostID) { entries[host]?.agentEndedAt = nil }

  /// The host's kernel ended the stream: a dead host could not have.
  package mutating func streamClosed(_ host: HostID, now: MonotonicTime) {
    entries[host]?.agentEndedAt = now
  }

  /// Something came of a try, or the agent said goodbye.
  package mutating func hostSigned(_ sign: HostSign, now: MonotonicTime) -> Transition? {
    guard let host = sign.host ?? tokenOwners[sign.token], let entry = entries[host] else {
      return nil
    }
    switch sign.kind {
    case .asked:
      if let via = sign.via { entries[host]!.suspicion?.confirm(sign.token, by: via) }
    case .unsent: entries[host]!.suspicion?.couldNotSend(sign.token)
    case .goodbye: return goodbye(host, now: now)
    case .kernel:
      entries[host]!.kernelAnswered(settings, now: now)
      entries[host]!.suspicion?.kernelSign = Suspicion.Sign(at: now, via: sign.via)
    case .agent where sign.via == nil:
      if let attempt = entry.suspicion?.tries.first(where: { $0.token == sign.token }) {
        entries[host]!.roundTrip = now - attempt.at
      }
      return heard(host, now: now, because: "it answers pings")
    case .agent:
      entries[host]!.suspicion?.agentSign = Suspicion.Sign(at: now, via: sign.via)
    }
    return nil
  }

  /// The coordinator took everything from its socket until then: silence after it is not the hosts'.
  package mutating func listened(until time: MonotonicTime) {
    listenedUntil = max(time, listenedUntil ?? time)
  }

  // MARK: What is known

  /// Whether a heartbeat of the session is newer than all that came.
  package func isNews(_ host: HostID, sequence: UInt64) -> Bool {
    entries[host]?.arrivals.newestSequence.map { sequence > $0 } ?? true
  }

  package func state(of host: HostID) -> HostState? { entries[host]?.state }

  package func cause(of host: HostID) -> String? { entries[host]?.cause }

  /// Time since the host was heard; nil when it was not heard since this coordinator started.
  package func silence(of host: HostID, now: MonotonicTime) -> Duration? {
    lastHeard(host).map { now - $0 }
  }

  /// Whether it was heard since this coordinator started.
  package func wasHeard(_ host: HostID) -> Bool { entries[host]?.wasHeard ?? false }

  /// When it was heard last, moved forward by the coordinator's own pauses; nil: not since this coordinator started.
  package func lastHeard(_ host: HostID) -> MonotonicTime? {
    entries[host].flatMap { $0.wasHeard ? $0.heardAt : nil }
  }

  /// Whether it is down because nothing of it answers, though it did not say goodbye.
  package func diedSilently(_ host: HostID) -> Bool {
    entries[host].map { $0.state == .down && $0.diedSilently } ?? false
  }

  /// Since when it is quiet, for nothing that is known.
  package func quietSince(_ host: HostID) -> MonotonicTime? { entries[host]?.quietSince }

  /// Whether its agent said goodbye, and nothing was heard of it since.
  package func saidGoodbye(_ host: HostID) -> Bool { entries[host]?.goodbyeAt != nil }

  /// Somebody who knows says that it is dead.
  package mutating func giveUp(_ host: HostID, now: MonotonicTime) -> Transition? {
    guard let entry = entries[host], entry.state == .suspect else { return nil }
    entries[host]!.suspicion = nil
    return move(host, to: .down, cause: "confirmed down by an operator", now: now)
  }

  /// Whether the coordinator has reason to think that it is itself what is wrong.
  package var isDoubtful: Bool { selfDoubt != nil }

  // MARK: Changes of state

  private mutating func heard(
    _ host: HostID, now: MonotonicTime, because reason: String?
  ) -> Transition? {
    guard var entry = entries[host] else {
      add(
        host,
        WatchedHost(.ready, cause: reason ?? "heard", now: now, wasHeard: true, settings: settings))
      return nil
    }
    // A beat that was sent before the goodbye may come after it.
    if let goodbyeAt = entry.goodbyeAt, now - goodbyeAt < settings.suspectAfter { return nil }
    let silence = now - entry.heardAt
    entry.heardAt = max(entry.heardAt, now)
    entry.wasHeard = true
    entry.goodbyeAt = nil
    entry.suspicion = nil
    entry.quietSince = nil
    entry.diedSilently = false
    // The last beats of an agent that ended may come after its kernel closed the stream.
    if let endedAt = entry.agentEndedAt, now - endedAt > settings.answerTime {
      entry.agentEndedAt = nil
    }
    entry.setDeadline(settings, interval: interval)
    entries[host] = entry
    guard entry.state != .ready else { return nil }
    let after = "heard again after \(Self.text(silence))"
    return move(host, to: .ready, cause: reason.map { "\($0); \(after)" } ?? after, now: now)
  }

  private mutating func goodbye(_ host: HostID, now: MonotonicTime) -> Transition? {
    guard entries[host]!.state != .down else { return nil }
    entries[host]!.goodbyeAt = now
    var suspicion = Suspicion(lateSince: now)
    suspicion.suspectSince = now
    suspicion.finding = .announced
    entries[host]!.suspicion = suspicion
    return move(host, to: .suspect, cause: announcedCause, now: now)
  }

  mutating func move(
    _ host: HostID, to state: HostState, cause: String, now: MonotonicTime
  ) -> Transition {
    let from = entries[host]!.state
    entries[host]!.state = state
    entries[host]!.cause = cause
    if from != state { entries[host]!.since = now }
    return Transition(host: host, from: from, to: state, cause: cause)
  }

  private mutating func add(_ host: HostID, _ entry: WatchedHost) {
    if entries[host] == nil {
      order.insert(host, at: place(of: host))
    }
    entries[host] = entry
  }

  /// Where the host is among all, or would be.
  func place(of host: HostID) -> Int {
    var (low, high) = (0, order.count)
    while low < high {
      let middle = (low + high) / 2
      if order[middle] < host { low = middle + 1 } else { high = middle }
    }
    return low
  }

  static func text(_ duration: Duration) -> String {
    "\(Span(milliseconds: duration.wholeMilliseconds))"
  }
}
