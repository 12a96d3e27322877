// SPDX-License-Identifier: Apache-2.0

/// What the failure detector's idea of a host rests on, as `GET /v1/hosts/{host}/why` shows it. Times are counted from
/// the moment of the answer; negative ones lie behind it.
package struct DetectionView: Hashable, Sendable, Codable {
  /// What was tried to reach a host that is late or suspect.
  package struct Probes: Hashable, Sendable, Codable {
    package var tries: Int
    /// Pings by the coordinator itself, of the tries that are remembered.
    package var pings: Int
    /// TCP connections by the coordinator itself.
    package var kernelTries: Int
    /// How many times other hosts were asked, and how many times they said that they tried.
    package var asked: Int
    package var confirmed: Int
    package var by: [HostID]
    /// The last host that its agent answered.
    package var reachedBy: HostID?
    package var reachedMilliseconds: Int64?
    package var kernelAnsweredMilliseconds: Int64?
    /// How likely so much silence is for a living agent, and a living kernel.
    package var chanceAgentLives: Double
    package var chanceKernelLives: Double

    enum CodingKeys: String, CodingKey {
      case tries, pings, asked, confirmed, by
      case kernelTries = "kernel_tries"
      case reachedBy = "reached_by"
      case reachedMilliseconds = "reached_ms"
      case kernelAnsweredMilliseconds = "kernel_answered_ms"
      case chanceAgentLives = "chance_agent_lives"
      case chanceKernelLives = "chance_kernel_lives"
    }

    package init(
      tries: Int, pings: Int, kernelTries: Int, asked: Int, confirmed: Int, by: [HostID],
      reachedBy: HostID?, reachedMilliseconds: Int64?, kernelAnsweredMilliseconds: Int64?,
      chanceAgentLives: Double, chanceKernelLives: Double
    ) {
      self.tries = tries
      self.pings = pings
      self.kernelTries = kernelTries
      self.asked = asked
      self.confirmed = confirmed
      self.by = by
      self.reachedBy = reachedBy
      self.reachedMilliseconds = reachedMilliseconds
      self.kernelAnsweredMilliseconds = kernelAnsweredMilliseconds
      self.chanceAgentLives = chanceAgentLives
      self.chanceKernelLives = chanceKernelLives
    }
  }

  package var state: HostState
  package var stateMilliseconds: Int64
  package var cause: String
  /// nil when it was not heard since the coordinator started.
  package var silentMilliseconds: Int64?
  /// nil before the first heartbeat, like what follows.
  package var expectedInMilliseconds: Int64?
  package var marginMilliseconds: Int64?
  package var lateInMilliseconds: Int64?
  package var jitterMicroseconds: Int64?
  package var lossPercent: Double?
  /// How many heartbeats these are taken from.
  package var beats: Int?
  package var roundTripMicroseconds: Int64?
  package var answersProbes: Bool?
  /// How long ago its kernel last answered a TCP connection; nil: never, or not any more.
  package var kernelAnsweredMilliseconds: Int64?
  package var agentEnded: Bool?
  package var saidGoodbye: Bool?
  /// Why the coordinator doubts itself.
  package var selfDoubt: String?
  /// nil while it is heard.
  package var probes: Probes?

  enum CodingKeys: String, CodingKey {
    case state, cause, beats, probes
    case stateMilliseconds = "state_ms"
    case silentMilliseconds = "silent_ms"
    case expectedInMilliseconds = "expected_in_ms"
    case marginMilliseconds = "margin_ms"
    case lateInMilliseconds = "late_in_ms"
    case jitterMicroseconds = "jitter_us"
    case lossPercent = "loss_percent"
    case roundTripMicroseconds = "round_trip_us"
    case answersProbes = "answers_probes"
    case kernelAnsweredMilliseconds = "kernel_answered_ms"
    case agentEnded = "agent_ended"
    case saidGoodbye = "said_goodbye"
    case selfDoubt = "self_doubt"
  }

  package init(state: HostState, stateMilliseconds: Int64, cause: String) {
    self.state = state
    self.stateMilliseconds = stateMilliseconds
    self.cause = cause
  }
}
