// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// Judging silence.
extension FailureDetector {
  /// Looks at every host's silence; to be called often compared to `probeInterval`.
  package mutating func tick(now: MonotonicTime) -> Step {
    // What is silent since we last listened may have spoken.
    let until = min(now, listenedUntil ?? now)
    defer { judgedUntil = max(until, judgedUntil ?? until) }
    if let judgedUntil, until - judgedUntil > settings.pauseThreshold {
      let pause = until - judgedUntil
      excuse(pause, since: judgedUntil, now: until)
      return Step(pause: pause)
    }
    var step = Step()
    judgeSelf(now: until)
    for host in order {
      guard let entry = entries[host], entry.state != .down else { continue }
      if !entry.wasHeard {
        judgeRemembered(host, entry, now: until, &step)
      } else if entry.suspicion != nil || until >= entry.deadline {
        judge(host, now: until, &step)
      } else if settings.kernelProbes, until >= entry.nextKernelCheckAt, entry.arrivals.count > 0 {
        checkKernel(host, now: until, &step)
      }
    }
    return step
  }

  /// Nobody's silence in that time counts. What was heard after it is as new as any: if its deadline moved too, a host that
  /// died in the pause would count as alive for as long again.
  private mutating func excuse(_ pause: Duration, since start: MonotonicTime, now: MonotonicTime) {
    for host in order {
      guard var entry = entries[host], entry.heardAt <= start else { continue }
      entry.heardAt = min(now, entry.heardAt + pause)
      entry.deadline = entry.deadline + pause
      entry.agentEndedAt = entry.agentEndedAt.map { min(now, $0 + pause) }
      entry.goodbyeAt = entry.goodbyeAt.map { min(now, $0 + pause) }
      entry.suspicion?.excuse(pause, now: now)
      entries[host] = entry
    }
    doubtUntil = now + settings.doubtHold
    selfDoubt = .wasLate(pause)
  }

  private mutating func judgeSelf(now: MonotonicTime) {
    var quiet: Set<HostID> = []
    var heard = 0
    for (host, entry) in entries where entry.wasHeard {
      if let since = entry.quietSince {
        if entry.state == .down, now - since > settings.quietWindow { continue }
        quiet.insert(host)
      } else if entry.state == .down {
        continue
      }
      heard += 1
    }
    quietHosts = quiet
    if case .wasLate = selfDoubt, let doubtUntil, now < doubtUntil { return }
    let isMany =
      quiet.count >= settings.massQuiet
      && Double(quiet.count) > Double(heard) * settings.massQuietPart
    // Where all are quiet there is nobody to tell the two cases apart.
    let isAll = quiet.count >= 2 && quiet.count == heard
    selfDoubt = isMany || isAll ? .manyQuiet(quiet.count, of: heard) : nil
  }

  private mutating func judgeRemembered(
    _ host: HostID, _ entry: WatchedHost, now: MonotonicTime, _ step: inout Step
  ) {
    guard now - entry.heardAt >= settings.startGrace, !isHeldBack(now) else { return }
    step.transitions.append(
      move(
        host, to: .down,
        cause: "not heard in the \(Self.text(settings.startGrace)) since this coordinator started",
        now: now))
  }

  private func isHeldBack(_ now: MonotonicTime) -> Bool { doubtUntil.map { now < $0 } ?? false }

  private mutating func judge(_ host: HostID, now: MonotonicTime, _ step: inout Step) {
    if entries[host]!.suspicion == nil {
      entries[host]!.suspicion = Suspicion(lateSince: now)
    }
    if let transition = suspect(host, now: now) { step.transitions.append(transition) }
    if let transition = find(host, now: now) { step.transitions.append(transition) }
    if let order = nextTry(host, now: now, made: step.probes.count) { step.probes.append(order) }
    guard entries[host]!.state == .suspect, !isHeldBack(now),
      let cause = deathCause(entries[host]!, now: now)
    else { return }
    entries[host]!.diedSilently = isSilentDeath(entries[host]!, now: now)
    entries[host]!.suspicion = nil
    entries[host]!.quietSince = entries[host]!.quietSince ?? now
    step.transitions.append(move(host, to: .down, cause: cause, now: now))
  }

  /// Late becomes suspect when the first pings were not answered.
  private mutating func suspect(_ host: HostID, now: MonotonicTime) -> Transition? {
    guard let suspicion = entries[host]!.suspicion, suspicion.suspectSince == nil,
      now - suspicion.lateSince >= settings.lateGrace
    else { return nil }
    entries[host]!.suspicion!.suspectSince = now
    entries[host]!.suspicion!.nextTryAt = now
    guard entries[host]!.state == .ready else { return nil }
    if entries[host]!.agentEndedAt == nil { entries[host]!.quietSince = now }
    return move(host, to: .suspect, cause: lateCause(entries[host]!, now: now), now: now)
  }

  /// Whether it turned out why it is silent.
  private mutating func find(_ host: HostID, now: MonotonicTime) -> Transition? {
    guard let entry = entries[host], let suspicion = entry.suspicion,
      suspicion.suspectSince != nil
    else { return nil }
    var finding = suspicion.finding
    if entry.agentEndedAt != nil { finding = max(finding, .agentEnded) }
    // Not before a few tries failed: answers to us may only be late.
    let isSilent =
      suspicion.chanceOfAgent(
        loss: entry.loss(settings), before: now - entry.answerTime(settings))
      <= settings.lateChance
    if suspicion.kernelSign != nil, isSilent, finding != .announced {
      finding = max(finding, .agentHangs)
    }
    if suspicion.agentSign != nil { finding = max(finding, .pathBroken) }
    guard finding != suspicion.finding else { return nil }
    entries[host]!.suspicion!.finding = finding
    if finding != .silent { entries[host]!.quietSince = nil }
    return move(host, to: .suspect, cause: cause(of: finding, entry, now: now), now: now)
  }

  // MARK: Probes

  private mutating func nextTry(_ host: HostID, now: MonotonicTime, made: Int) -> ProbeOrder? {
    guard let entry = entries[host], let suspicion = entry.suspicion, now >= suspicion.nextTryAt,
      made < settings.mostProbesPerTick
    else { return nil }
    lastToken += 1
    let peers =
      suspicion.suspectSince != nil && entry.answersProbes
      ? peers(for: host, round: suspicion.round) : []
    let attempt = Suspicion.Try(
      token: lastToken, at: now, pings: entry.answersProbes, asksKernel: settings.kernelProbes,
      peers: peers)
    entries[host]!.suspicion!.add(attempt)
    entries[host]!.suspicion!.nextTryAt = now + pace(suspicion, now: now)
    remember(lastToken, of: host)
    return ProbeOrder(
      suspect: host, token: lastToken, pings: attempt.pings, asksKernel: attempt.asksKernel,
      via: peers)
  }

  /// Learns whether the kernel of a living host answers at all, which says what its silence is worth.
  private mutating func checkKernel(_ host: HostID, now: MonotonicTime, _ step: inout Step) {
    guard step.probes.count < settings.mostProbesPerTick else { return }
    entries[host]!.kernelChecked(settings, now: now)
    lastToken += 1
    remember(lastToken, of: host)
    step.probes.append(
      ProbeOrder(suspect: host, token: lastToken, pings: false, asksKernel: true, via: []))
  }

  /// Slow while something answers, fast again as soon as one answer is missing.
  private func pace(_ suspicion: Suspicion, now: MonotonicTime) -> Duration {
    guard let signAt = suspicion.lastSignAt,
      now - signAt <= settings.slowProbeInterval + settings.answerTime
    else { return settings.probeInterval }
    return settings.slowProbeInterval
  }

  /// The next ready hosts after it, others with each round, so that no broken one is asked all the time.
  private func peers(for host: HostID, round: Int) -> [HostID] {
    guard settings.probePeers > 0 else { return [] }
    var found: [HostID] = []
    let start = place(of: host) + 1 + round * settings.probePeers
    for offset in 0..<order.count {
      let peer = order[(start + offset) % order.count]
      guard peer != host, let entry = entries[peer], entry.state == .ready, entry.answersProbes,
        entry.suspicion == nil
      else { continue }
      found.append(peer)
      if found.count == settings.probePeers { break }
    }
    return found
  }

  private static var rememberedTokens: UInt64 { 16_384 }

  private mutating func remember(_ token: UInt64, of host: HostID) {
    tokenOwners[token] = host
    if token > Self.rememberedTokens { tokenOwners[token - Self.rememberedTokens] = nil }
  }
}
