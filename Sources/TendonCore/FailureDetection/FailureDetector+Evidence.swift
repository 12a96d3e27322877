// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// What the state of a host rests on.
extension FailureDetector {
  package func evidence(of host: HostID, now: MonotonicTime) -> DetectionView? {
    guard let entry = entries[host] else { return nil }
    let margin = entry.margin(settings, interval: interval)
    var view = DetectionView(
      state: entry.state, stateMilliseconds: (now - entry.since).wholeMilliseconds,
      cause: entry.cause)
    if entry.wasHeard { view.silentMilliseconds = (now - entry.heardAt).wholeMilliseconds }
    view.lateInMilliseconds = (entry.deadline - now).wholeMilliseconds
    if let expected = entry.arrivals.expected(interval: interval) {
      view.expectedInMilliseconds = (expected - now).wholeMilliseconds
      view.marginMilliseconds = margin.wholeMilliseconds
      view.jitterMicroseconds = entry.arrivals.jitter.wholeNanoseconds / 1000
      view.lossPercent = (entry.arrivals.loss * 1000).rounded() / 10
      view.beats = entry.arrivals.count
    }
    view.roundTripMicroseconds = entry.roundTrip.map { $0.wholeNanoseconds / 1000 }
    view.answersProbes = entry.answersProbes
    view.kernelAnsweredMilliseconds = entry.kernelSeenAt.map { (now - $0).wholeMilliseconds }
    view.agentEnded = entry.agentEndedAt != nil
    view.saidGoodbye = entry.goodbyeAt != nil
    view.selfDoubt = selfDoubt?.cause
    view.probes = entry.suspicion.map { probes($0, entry, now: now) }
    return view
  }

  private func probes(
    _ suspicion: Suspicion, _ entry: WatchedHost, now: MonotonicTime
  ) -> DetectionView.Probes {
    DetectionView.Probes(
      tries: suspicion.round, pings: suspicion.tries.count(where: \.pings),
      kernelTries: suspicion.tries.count(where: \.asksKernel),
      asked: suspicion.tries.reduce(0) { $0 + $1.peers.count },
      confirmed: suspicion.tries.reduce(0) { $0 + $1.confirmed.count },
      by: suspicion.witnesses.sorted(),
      reachedBy: suspicion.agentSign?.via,
      reachedMilliseconds: suspicion.agentSign.map { (now - $0.at).wholeMilliseconds },
      kernelAnsweredMilliseconds: suspicion.kernelSign.map { (now - $0.at).wholeMilliseconds },
      chanceAgentLives: entry.chanceOfAgent(settings, interval: interval, now: now),
      chanceKernelLives: entry.chanceOfKernel(settings, now: now))
  }
}
