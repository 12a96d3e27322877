// SPDX-License-Identifier: Apache-2.0

/// How an instance is started, watched, restarted and stopped: probes, hooks, stop signal, backoff.
///
/// Its keys stand at the top level of a spec, beside those of `ServiceSpec` itself. A key that is absent means its
/// default, so that what an older version stored can be read.
package struct Supervision: Hashable, Sendable {
  package static let defaultHookTimeout = Span.seconds(30)

  /// Run to its end before each start of the program; where it fails, the program is not started. Empty: nothing.
  package var beforeStart: [String]
  /// Run before the stop signal is sent, when the coordinator asked for the instance's end. Empty: nothing.
  package var beforeStop: [String]
  /// Run after each end of the program, when none of its processes is left. Empty: nothing.
  package var afterStop: [String]
  /// The most that one hook may take; what is left of it then is killed.
  package var hookTimeout: Span
  /// What asks the program to end; its `stop_grace` begins with it.
  package var stopSignal: StopSignal
  package var backoff: BackoffSettings
  package var probes: Probes
  package var notify: NotifySettings

  package init(
    beforeStart: [String] = [], beforeStop: [String] = [], afterStop: [String] = [],
    hookTimeout: Span = Supervision.defaultHookTimeout, stopSignal: StopSignal = .term,
    backoff: BackoffSettings = BackoffSettings(), probes: Probes = Probes(),
    notify: NotifySettings = NotifySettings()
  ) {
    self.beforeStart = beforeStart
    self.beforeStop = beforeStop
    self.afterStop = afterStop
    self.hookTimeout = hookTimeout
    self.stopSignal = stopSignal
    self.backoff = backoff
    self.probes = probes
    self.notify = notify
  }

  /// Whether readiness has to be shown; without it an instance is ready once it runs.
  package var gatesReadiness: Bool {
    probes.startup != nil || probes.readiness != nil || notify.ready
  }

  /// Whether going from `other` to this needs new processes: a program learns of its notify socket when it starts.
  /// Everything else is taken up by what runs.
  package func needsNewProcesses(comparedTo other: Supervision) -> Bool { notify != other.notify }
}

extension Supervision: Codable {
  private enum CodingKeys: String, CodingKey {
    case backoff, probes, notify
    case beforeStart = "before_start"
    case beforeStop = "before_stop"
    case afterStop = "after_stop"
    case hookTimeout = "hook_timeout"
    case stopSignal = "stop_signal"
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    beforeStart = try values.decodeIfPresent([String].self, forKey: .beforeStart) ?? []
    beforeStop = try values.decodeIfPresent([String].self, forKey: .beforeStop) ?? []
    afterStop = try values.decodeIfPresent([String].self, forKey: .afterStop) ?? []
    hookTimeout =
      try values.decodeIfPresent(Span.self, forKey: .hookTimeout) ?? Self.defaultHookTimeout
    stopSignal = try values.decodeIfPresent(StopSignal.self, forKey: .stopSignal) ?? .term
    backoff = try values.decodeIfPresent(BackoffSettings.self, forKey: .backoff) ?? .init()
    probes = try values.decodeIfPresent(Probes.self, forKey: .probes) ?? .init()
    notify = try values.decodeIfPresent(NotifySettings.self, forKey: .notify) ?? .init()
  }

  /// What differs from the default.
  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    let standard = Supervision()
    func put<Value: Encodable & Equatable>(
      _ value: Value, _ byDefault: Value, _ key: CodingKeys
    ) throws {
      if value != byDefault { try values.encode(value, forKey: key) }
    }
    try put(beforeStart, standard.beforeStart, .beforeStart)
    try put(beforeStop, standard.beforeStop, .beforeStop)
    try put(afterStop, standard.afterStop, .afterStop)
    try put(hookTimeout, standard.hookTimeout, .hookTimeout)
    try put(stopSignal, standard.stopSignal, .stopSignal)
    try put(backoff, standard.backoff, .backoff)
    try put(probes, standard.probes, .probes)
    try put(notify, standard.notify, .notify)
  }
}
