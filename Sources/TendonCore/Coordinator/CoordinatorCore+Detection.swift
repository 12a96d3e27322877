// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// The failure detector's place in the core: what it is told, and what it finds.
extension CoordinatorCore {
  /// Something came of a try to reach a host, or its agent said goodbye.
  package mutating func hostSigned(_ sign: HostSign, now: Now) {
    detected(detector.hostSigned(sign, now: now.monotonic), now: now)
    settle(now: now)
  }

  /// Everything that had come to the health server by then was handed on.
  package mutating func listened(until time: MonotonicTime) { detector.listened(until: time) }

  /// Takes out what is to be sent to hosts that are silent. It waits for no commit, since it changes nothing.
  package mutating func takeProbes() -> [ProbeOrder] {
    defer { probes = [] }
    return probes
  }

  mutating func lookAtHosts(now: Now) {
    let doubted = detector.selfDoubt
    let step = detector.tick(now: now.monotonic)
    probes += step.probes
    for transition in step.transitions { moved(transition, now: now) }
    lookAtBrake(now: now)
    if let pause = step.pause, pause >= Self.longestSilentPause {
      emit(
        .warning, "coordinator-late", now: now,
        "The coordinator itself stood still for \(Span(milliseconds: pause.wholeMilliseconds)): "
          + "nobody's silence in that time counts.")
    } else if case .manyQuiet = detector.selfDoubt, doubted == nil {
      emit(
        .warning, "self-doubt", now: now, "\(detector.selfDoubt?.cause.firstUppercased ?? "").")
    }
  }

  /// Shorter ones happen on a busy machine and are no event.
  private static var longestSilentPause: Duration { .seconds(1) }

  mutating func detected(_ transition: FailureDetector.Transition?, now: Now) {
    if let transition { moved(transition, now: now) }
  }
}

extension Heartbeat {
  /// nil before the first acknowledgement.
  var roundTrip: Duration? {
    roundTripMicroseconds == 0 ? nil : .microseconds(Int64(roundTripMicroseconds))
  }
}

extension String {
  fileprivate var firstUppercased: String { prefix(1).uppercased() + dropFirst() }
}
