// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// A host as the failure detector knows it.
struct WatchedHost: Sendable {
  var state: HostState
  var cause: String
  /// When it came into its state.
  var since: MonotonicTime
  /// The last proof that its agent lives, moved forward by the coordinator's own pauses.
  var heardAt: MonotonicTime
  /// Whether anything was heard since this coordinator started.
  var wasHeard: Bool
  var arrivals: ArrivalWindow
  /// When it is late.
  var deadline: MonotonicTime
  /// There from late to heard, or to down.
  var suspicion: Suspicion?
  /// When its kernel closed the agent's stream, and no new one was opened nor anything heard since.
  var agentEndedAt: MonotonicTime?
  /// When its agent said that it ends.
  var goodbyeAt: MonotonicTime?
  /// When its kernel last answered a TCP connection; nil: never, so that its silence says nothing.
  var kernelSeenAt: MonotonicTime?
  var nextKernelCheckAt: MonotonicTime
  /// How many such checks in a row were not answered.
  var failedKernelChecks = 0
  /// Whether its agent knows pings.
  var answersProbes = false
  var roundTrip: Duration?
  /// When it became suspect for nothing but silence; until `quietWindow` after it is down, or heard.
  var quietSince: MonotonicTime?
  /// Whether it was given up because nothing of it answers, without a goodbye.
  var diedSilently = false

  init(
    _ state: HostState, cause: String, now: MonotonicTime, wasHeard: Bool,
    settings: DetectionSettings
  ) {
    self.state = state
    self.cause = cause
    since = now
    heardAt = now
    self.wasHeard = wasHeard
    arrivals = ArrivalWindow(capacity: settings.window)
    deadline = now + settings.suspectAfter
    nextKernelCheckAt = now
  }

  /// The safety margin: what the jitter asks for, and as many further beats as the loss makes likely to be missing.
  func margin(_ settings: DetectionSettings, interval: Duration) -> Duration {
    let jitter = max(settings.marginFloor, jitterMargin(settings))
    let loss = arrivals.loss
    guard loss > 0 else { return jitter }
    var chance = loss
    var beats = 0
    while chance > settings.lateChance, interval * (beats + 1) < settings.suspectAfter {
      chance *= loss
      beats += 1
    }
    return jitter + interval * beats
  }

  func jitterMargin(_ settings: DetectionSettings) -> Duration {
    arrivals.jitter * settings.jitterFactor
  }

  mutating func setDeadline(_ settings: DetectionSettings, interval: Duration) {
    let latest = heardAt + settings.suspectAfter
    guard let expected = arrivals.expected(interval: interval) else {
      deadline = latest
      return
    }
    let due = max(expected, heardAt + interval) + margin(settings, interval: interval)
    deadline = min(due, latest)
  }

  /// A check of its kernel is about to be made; the one before was not answered unless `kernelAnswered` was told.
  mutating func kernelChecked(_ settings: DetectionSettings, now: MonotonicTime) {
    failedKernelChecks += 1
    let isGivenUp = failedKernelChecks > Self.mostKernelChecks
    if isGivenUp { kernelSeenAt = nil }
    let isKnown = failedKernelChecks == 1 && kernelSeenAt != nil
    nextKernelCheckAt =
      now + (isGivenUp || isKnown ? settings.kernelCheckInterval : .seconds(1))
  }

  mutating func kernelAnswered(_ settings: DetectionSettings, now: MonotonicTime) {
    kernelSeenAt = now
    if suspicion == nil, failedKernelChecks > 0 {
      nextKernelCheckAt = now + settings.kernelCheckInterval
    }
    failedKernelChecks = 0
  }

  /// How many checks in a row a lossy network may lose.
  private static let mostKernelChecks = 3

  /// How long an answer may take.
  func answerTime(_ settings: DetectionSettings) -> Duration {
    settings.answerTime + min(settings.suspectAfter, jitterMargin(settings) + (roundTrip ?? .zero))
  }

  func loss(_ settings: DetectionSettings) -> Double {
    min(0.9, max(settings.lossFloor, arrivals.loss))
  }

  /// How likely a living agent would be as silent as it is: no beat, and no answer.
  func chanceOfAgent(
    _ settings: DetectionSettings, interval: Duration, now: MonotonicTime
  ) -> Double {
    let loss = loss(settings)
    let life = max(heardAt, suspicion?.agentSign?.at ?? heardAt)
    let waited = now - life - jitterMargin(settings)
    let missed = max(0, waited.wholeNanoseconds / max(1, interval.wholeNanoseconds))
    var chance = suspicion?.chanceOfAgent(loss: loss, before: now - answerTime(settings)) ?? 1
    for _ in 0..<min(missed, 1000) { chance *= loss }
    return chance
  }

  func chanceOfKernel(_ settings: DetectionSettings, now: MonotonicTime) -> Double {
    suspicion?.chanceOfKernel(loss: loss(settings), before: now - answerTime(settings)) ?? 1
  }
}

extension MonotonicTime {
  static func - (left: Self, right: Duration) -> Self {
    Self(nanoseconds: left.nanoseconds - right.wholeNanoseconds)
  }
}
