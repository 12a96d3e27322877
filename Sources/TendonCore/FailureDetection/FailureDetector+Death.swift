// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// When a suspect is given up. The order of the questions is that of `docs/failure-detection.md`.
extension FailureDetector {
  /// Why the suspect is dead; nil: not yet, or not at all.
  func deathCause(_ entry: WatchedHost, now: MonotonicTime) -> String? {
    guard let suspicion = entry.suspicion, let suspectSince = suspicion.suspectSince else {
      return nil
    }
    let silence = now - entry.heardAt
    let agent = entry.chanceOfAgent(settings, interval: interval, now: now)
    let kernel = entry.chanceOfKernel(settings, now: now)
    let isKernelDead = kernel <= settings.falseDownChance
    // A kernel that never answered may be behind a firewall: then its silence says nothing.
    let isKernelKnown = settings.kernelProbes && entry.kernelSeenAt != nil
    let isConfirmed =
      now - suspectSince >= settings.confirmAfter
      && silence >= patience(isKernelKnown: isKernelKnown, suspicion)
    if isKernelKnown, isKernelDead, isConfirmed,
      entry.goodbyeAt != nil || entry.agentEndedAt != nil
    {
      return "its agent ended\(entry.goodbyeAt == nil ? "" : " as announced"), and now its kernel "
        + "is silent too: \(tried(suspicion))"
    }
    if let goodbyeAt = entry.goodbyeAt {
      guard now - goodbyeAt >= settings.goodbyePatience else { return nil }
      return "its agent said goodbye and did not come back within "
        + Self.text(settings.goodbyePatience)
    }
    if suspicion.agentSign != nil, agent > settings.falseDownChance {
      guard silence >= settings.pathPatience else { return nil }
      return "for \(Self.text(silence)) only other hosts have reached it"
    }
    if suspicion.kernelSign != nil, !isKernelDead {
      guard silence >= settings.agentRestartPatience else { return nil }
      return "its kernel answers, but its agent has not for \(Self.text(silence))"
    }
    if entry.agentEndedAt != nil, !isKernelKnown {
      guard silence >= settings.agentRestartPatience else { return nil }
      return "its agent ended and did not come back within "
        + Self.text(settings.agentRestartPatience)
    }
    guard isConfirmed, agent <= settings.falseDownChance, !isKernelKnown || isKernelDead else {
      return nil
    }
    return "silent for \(Self.text(silence)): \(tried(suspicion))"
  }

  /// Whether one that is given up is so because nothing of it answers: it did not say goodbye, no other host reaches it,
  /// and its kernel is not known to live.
  func isSilentDeath(_ entry: WatchedHost, now: MonotonicTime) -> Bool {
    guard entry.goodbyeAt == nil, let suspicion = entry.suspicion else { return false }
    let isKernelKnown = settings.kernelProbes && entry.kernelSeenAt != nil
    let isKernelAlive =
      suspicion.kernelSign != nil
      && entry.chanceOfKernel(settings, now: now) > settings.falseDownChance
    let isAgentAlive =
      suspicion.agentSign != nil
      && entry.chanceOfAgent(settings, interval: interval, now: now) > settings.falseDownChance
    return !isAgentAlive && !isKernelAlive && (isKernelKnown || entry.agentEndedAt == nil)
  }

  /// The least silence where part of the evidence cannot be had.
  private func patience(isKernelKnown: Bool, _ suspicion: Suspicion) -> Duration {
    if suspicion.hasWitness { return isKernelKnown ? .zero : settings.downAfter }
    if case .manyQuiet = selfDoubt { return settings.doubtPatience }
    return settings.downAfter
  }

  // MARK: Words

  var announcedCause: String {
    "its agent said goodbye: it is stopped or upgraded, and its instances run on; "
      + "waiting \(Self.text(settings.goodbyePatience))"
  }

  func lateCause(_ entry: WatchedHost, now: MonotonicTime) -> String {
    let silence = Self.text(now - entry.heardAt)
    if entry.agentEndedAt != nil {
      return "silent for \(silence): its agent ended, its kernel lives"
    }
    if entry.arrivals.count == 0 {
      return
        "silent for \(silence): no heartbeat of its session came; is UDP to the coordinator open?"
    }
    return "silent for \(silence): its heartbeats stopped"
  }

  func cause(of finding: Suspicion.Finding, _ entry: WatchedHost, now: MonotonicTime) -> String {
    let silence = Self.text(now - entry.heardAt)
    return switch finding {
    case .silent: lateCause(entry, now: now)
    case .announced: announcedCause
    case .agentEnded:
      "silent for \(silence): its agent ended, its kernel lives; "
        + "waiting \(Self.text(settings.agentRestartPatience)) for the agent"
    case .agentHangs:
      "silent for \(silence): its kernel answers, its agent does not; "
        + "waiting \(Self.text(settings.agentRestartPatience)) for the agent"
    case .pathBroken:
      "silent for \(silence), but \(entry.suspicion?.agentSign?.via?.rawValue ?? "another host") "
        + "reaches it: the path between it and the coordinator is broken; its instances run on"
    }
  }

  private func tried(_ suspicion: Suspicion) -> String {
    let pings = suspicion.tries.count(where: \.pings)
    let asked = suspicion.tries.reduce(0) { $0 + $1.confirmed.count }
    let witnesses = suspicion.witnesses.sorted().map(\.description)
    var words =
      pings == 0 ? "it knows no pings" : "\(counted(pings, "ping")) unanswered"
    words +=
      asked == 0
      ? ", and no other host could be asked"
      : ", nor \(asked) by \(witnesses.prefix(4).joined(separator: ", "))"
    if suspicion.tries.contains(where: \.asksKernel) { words += "; its kernel is silent too" }
    return words
  }
}
