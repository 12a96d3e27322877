// SPDX-License-Identifier: Apache-2.0

/// `POST /v1/agents/{host}/session`: an agent introduces itself. A new session starts a new key, so a
/// counter never repeats under one key.
package struct SessionRequest: Hashable, Sendable, Codable {
  package var facts: HostFacts
  package var incarnation: Incarnation
  /// 16 random bytes in lower-case hexadecimal: the agent's half of the key's salt.
  package var nonce: String
  /// The version of the probes between hosts that the agent knows; nil: none.
  package var probeVersion: UInt8?

  enum CodingKeys: String, CodingKey {
    case facts, incarnation, nonce
    case probeVersion = "probe_version"
  }

  /// Whether its agent answers pings and sends them on for others.
  package var answersProbes: Bool { (probeVersion ?? 0) >= 1 }

  package init(
    facts: HostFacts, incarnation: Incarnation, nonce: String, probeVersion: UInt8? = nil
  ) {
    self.probeVersion = probeVersion
    self.facts = facts
    self.incarnation = incarnation
    self.nonce = nonce
  }
}

/// The answer to `SessionRequest`.
package struct SessionGrant: Hashable, Sendable, Codable {
  /// Names this session in datagrams; new with every session.
  package var sessionID: UInt32
  /// 16 random bytes in lower-case hexadecimal: the coordinator's half of the key's salt.
  package var nonce: String
  /// Grows with every start of the coordinator.
  package var coordinatorEpoch: UInt64
  /// The coordinator's UDP port for heartbeats, on the address the agent reached it at.
  package var udpPort: UInt16
  package var heartbeatInterval: Span
  package var lease: Span

  enum CodingKeys: String, CodingKey {
    case nonce, lease
    case sessionID = "session_id"
    case coordinatorEpoch = "coordinator_epoch"
    case udpPort = "udp_port"
    case heartbeatInterval = "heartbeat_interval"
  }

  package init(
    sessionID: UInt32, nonce: String, coordinatorEpoch: UInt64, udpPort: UInt16,
    heartbeatInterval: Span, lease: Span
  ) {
    self.sessionID = sessionID
    self.nonce = nonce
    self.coordinatorEpoch = coordinatorEpoch
    self.udpPort = udpPort
    self.heartbeatInterval = heartbeatInterval
    self.lease = lease
  }
}

/// One line of `GET /v1/agents/{host}/stream?session=ID`, from the coordinator to the agent.
package enum AgentStreamLine: Hashable, Sendable, Codable {
  /// Everything the host should run, as of `revision`. Always the first line.
  case snapshot(revision: Revision, placements: [DesiredPlacement])
  /// What changed since the line before.
  case delta(revision: Revision, upserts: [DesiredPlacement], removals: [Epoch])
  /// A question, answered by `POST /v1/agents/{host}/replies/{id}`.
  case query(id: UInt64, query: AgentQuery)
  /// Sent every few seconds so that a dead connection is noticed.
  case keepAlive
}

/// What the coordinator asks an agent on behalf of a user.
package enum AgentQuery: Hashable, Sendable, Codable {
  /// The limits as the kernel holds them right now, with use; the reply body is JSON `[KnobReport]`.
  case limits(epoch: Epoch)
  /// Log bytes, streamed as the reply body.
  case logs(epoch: Epoch, request: LogRequest)
  /// Run a command in the instance; the reply body is `ExecFrame`s, what goes to the command is got from
  /// `GET /v1/agents/{host}/execs/{id}/input`.
  case exec(epoch: Epoch, request: ExecRequest)
}

/// `POST /v1/agents/{host}/reports`: observed state that must not be lost. The agent keeps each report in its
/// journal until the answer came (204).
package struct AgentReport: Hashable, Sendable, Codable {
  package var sessionID: UInt32
  /// Grows by one with each report of one session, so that a repeated one is recognised.
  package var sequence: UInt64
  /// The stream revision that the agent has applied.
  package var appliedRevision: Revision
  /// Whether `statuses` is everything the host has (the first report of a session) or only changes.
  package var isComplete: Bool
  package var statuses: [PlacementStatus]
  /// Placements that are gone from the host: ended, their cgroup empty and removed, as asked.
  package var removed: [Epoch]
  /// What is wrong with the host itself, by a stable word (`state-not-writable`), all of it; nil: as told before.
  package var conditions: [String: String]?

  enum CodingKeys: String, CodingKey {
    case sequence, statuses, removed, conditions
    case sessionID = "session_id"
    case appliedRevision = "applied_revision"
    case isComplete = "is_complete"
  }

  package init(
    sessionID: UInt32, sequence: UInt64, appliedRevision: Revision, isComplete: Bool,
    statuses: [PlacementStatus], removed: [Epoch], conditions: [String: String]? = nil
  ) {
    self.sessionID = sessionID
    self.sequence = sequence
    self.appliedRevision = appliedRevision
    self.isComplete = isComplete
    self.statuses = statuses
    self.removed = removed
    self.conditions = conditions
  }
}
