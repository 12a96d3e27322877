// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// How long a host may be silent, and what the silence is then taken for.
package struct DetectionSettings: Hashable, Sendable {
  /// Silence after which a host takes no new instances. Default 1 s: four heartbeats. Raising it
  /// sends new instances to dying hosts for longer.
  package var suspectAfter: Duration = .seconds(1)
  /// Silence after which a host is given up. Default 2 s: eight heartbeats, so that at 30 % loss
  /// a wrong verdict needs eight losses in a row. Raising it delays replacements by as much.
  package var downAfter: Duration = .seconds(2)
  /// The same for a host whose kernel closed the agent's stream: the agent died, the host lives
  /// and its instances run on. Default 30 s. Raising it delays replacements where the host died
  /// soon after its agent.
  package var agentRestartPatience: Duration = .seconds(30)
  /// What a coordinator that has just started grants every host before it gives one up.
  /// Default 5 s: one lease.
  package var startGrace: Duration = .seconds(5)
  /// A gap between two ticks above this means that the coordinator itself was stopped or late; the
  /// hosts are given the gap on top. Default 300 ms.
  package var pauseThreshold: Duration = .milliseconds(300)

  package init() {}
}

/// Tells living hosts from dead ones by the heartbeats that arrive, with a deadline per host.
///
/// Transitions: ready -> suspect -> down by silence (`tick`); any of them -> ready by a heartbeat. A host that the store
/// knows and that was not heard yet begins as suspect.
package struct FailureDetector: Sendable {
  /// One host's change of state, with its cause in words.
  package struct Transition: Hashable, Sendable {
    package var host: HostID
    package var from: HostState
    package var to: HostState
    package var cause: String
  }

  private struct Entry {
    var state: HostState
    var cause: String
    /// The last proof of life, moved forward by the coordinator's own pauses.
    var heardAt: MonotonicTime
    /// Whether anything was heard since this coordinator started.
    var wasHeard: Bool
    /// The host's kernel closed the agent's stream and no new one was opened.
    var agentIsGone: Bool
  }

  private let settings: DetectionSettings
  private var entries: [HostID: Entry] = [:]
  private var lastTick: MonotonicTime?

  package init(settings: DetectionSettings) { self.settings = settings }

  /// A host that is known from before this coordinator's start.
  package mutating func hostRemembered(_ host: HostID, now: MonotonicTime) {
    entries[host] = Entry(
      state: .suspect, cause: "not heard since this coordinator started", heardAt: now,
      wasHeard: false, agentIsGone: false)
  }

  /// A heartbeat, a session or a report came from the host.
  package mutating func hostHeard(_ host: HostID, now: MonotonicTime) -> Transition? {
    guard let entry = entries[host] else {
      entries[host] = Entry(
        state: .ready, cause: "heard", heardAt: now, wasHeard: true, agentIsGone: false)
      return nil
    }
    let silence = now - entry.heardAt
    entries[host]?.heardAt = now
    entries[host]?.wasHeard = true
    guard entry.state != .ready else { return nil }
    let cause = "heard again after \(Self.text(silence))"
    return move(host, to: .ready, cause: cause)
  }

  package mutating func streamOpened(_ host: HostID) { entries[host]?.agentIsGone = false }

  /// The host's kernel ended the stream: a dead host could not have.
  package mutating func streamClosed(_ host: HostID) { entries[host]?.agentIsGone = true }

  /// Looks at every host's silence; to be called often compared to `suspectAfter`.
  package mutating func tick(now: MonotonicTime) -> [Transition] {
    defer { lastTick = now }
    if let lastTick, now - lastTick > settings.pauseThreshold {
      // We were not listening in that time, so nobody's silence in it counts.
      let pause = now - lastTick
      for (host, entry) in entries {
        entries[host]!.heardAt = min(now, entry.heardAt + pause)
      }
      return []
    }
    return entries.keys.sorted().compactMap { overdue($0, now: now) }
  }

  package func state(of host: HostID) -> HostState? { entries[host]?.state }

  package func cause(of host: HostID) -> String? { entries[host]?.cause }

  /// Time since the host was heard; nil when it was not heard since this coordinator started.
  package func silence(of host: HostID, now: MonotonicTime) -> Duration? {
    entries[host].flatMap { $0.wasHeard ? now - $0.heardAt : nil }
  }

  private mutating func overdue(_ host: HostID, now: MonotonicTime) -> Transition? {
    guard let entry = entries[host], entry.state != .down else { return nil }
    let silence = now - entry.heardAt
    let patience =
      !entry.wasHeard
      ? settings.startGrace : entry.agentIsGone ? settings.agentRestartPatience : settings.downAfter
    if silence >= patience {
      return move(host, to: .down, cause: downCause(entry, silence: silence, patience: patience))
    }
    if entry.state == .ready, silence >= settings.suspectAfter {
      let reason =
        entry.agentIsGone ? "its agent ended, its kernel lives" : "its heartbeats stopped"
      return move(host, to: .suspect, cause: "silent for \(Self.text(silence)): \(reason)")
    }
    return nil
  }

  private func downCause(_ entry: Entry, silence: Duration, patience: Duration) -> String {
    if !entry.wasHeard {
      return "not heard in the \(Self.text(patience)) since this coordinator started"
    }
    if entry.agentIsGone {
      return "its agent ended and did not come back within \(Self.text(patience))"
    }
    return "silent for \(Self.text(silence)), \(Self.text(patience)) are allowed"
  }

  private mutating func move(_ host: HostID, to state: HostState, cause: String) -> Transition {
    let from = entries[host]!.state
    entries[host]!.state = state
    entries[host]!.cause = cause
    return Transition(host: host, from: from, to: state, cause: cause)
  }

  private static func text(_ duration: Duration) -> String {
    "\(Span(milliseconds: duration.wholeMilliseconds))"
  }
}
