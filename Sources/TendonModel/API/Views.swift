// SPDX-License-Identifier: Apache-2.0

/// A service as `GET /v1/services` shows it.
package struct ServiceView: Hashable, Sendable, Codable {
  package var spec: ServiceSpec
  /// The revision of the last change to the spec.
  package var revision: Revision
  /// How many instances run on hosts that are not down.
  package var running: Int
  /// How many of them are ready; nil from a coordinator that does not say.
  package var ready: Int?
  /// How many instances have no host.
  package var pending: Int
  /// Slots whose resources were changed alone, by slot number as text.
  package var overrides: [String: Resources]
  /// nil for a service that is kept running.
  package var work: WorkView?

  package init(
    spec: ServiceSpec, revision: Revision, running: Int, ready: Int? = nil, pending: Int,
    overrides: [String: Resources], work: WorkView? = nil
  ) {
    self.spec = spec
    self.revision = revision
    self.running = running
    self.ready = ready
    self.pending = pending
    self.overrides = overrides
    self.work = work
  }

  /// How many instances are wanted at this moment.
  package var wanted: Int { work?.wanted ?? spec.replicas }
}

/// An instance as `GET /v1/instances` shows it: the newest of its placements, and how many there are.
package struct InstanceView: Hashable, Sendable, Codable {
  package enum State: String, Hashable, Sendable, Codable, CaseIterable {
    /// No host fits; `message` says why.
    case pending
    case starting, running, waiting, stopping, ended, failed
    /// Its host is down and no other took it yet.
    case lost
    /// It was placed before the coordinator's last start, and its agent has not reported since.
    case unknown
  }

  package var id: InstanceID
  package var state: State
  package var host: HostID?
  /// Where its ports are reached.
  package var address: String?
  package var epoch: Epoch?
  package var resources: Resources
  package var status: PlacementStatus?
  /// Use as of the last heartbeat.
  package var cpuMilli: UInt32?
  package var memoryBytes: UInt64?
  /// More than 1 while a copy on a returned host, or the old version's, still runs.
  package var placements: Int
  /// Why it is where it is.
  package var message: String
  package var kind: Workload.Kind?
  /// The run of a job or a cron that it belongs to.
  package var run: Int?
  /// The reservation that it draws on, or that lends it its room.
  package var reservation: ReservationName?
  /// Whether its room is lent; nil is no.
  package var isLent: Bool?
  /// Since when it is not placed any more, because hosts went down under it.
  package var quarantinedAt: Timestamp?

  enum CodingKeys: String, CodingKey {
    case id, state, host, address, epoch, resources, status, placements, message, kind, run
    case reservation
    case isLent = "lent"
    case quarantinedAt = "quarantined_at"
    case cpuMilli = "cpu_milli"
    case memoryBytes = "memory_bytes"
  }

  package init(
    id: InstanceID, state: State, host: HostID?, address: String?, epoch: Epoch?,
    resources: Resources, status: PlacementStatus?, cpuMilli: UInt32?, memoryBytes: UInt64?,
    placements: Int, message: String, kind: Workload.Kind? = nil, run: Int? = nil
  ) {
    self.kind = kind
    self.run = run
    self.id = id
    self.state = state
    self.host = host
    self.address = address
    self.epoch = epoch
    self.resources = resources
    self.status = status
    self.cpuMilli = cpuMilli
    self.memoryBytes = memoryBytes
    self.placements = placements
    self.message = message
  }
}

extension InstanceView {
  /// Whether it runs and can serve.
  package var isReady: Bool { state == .running && status?.isReady ?? true }
}

/// A host as `GET /v1/hosts` shows it.
package struct HostView: Hashable, Sendable, Codable {
  package var id: HostID
  package var state: HostState
  package var facts: HostFacts
  /// The sum of the requests placed on it.
  package var reservedCPU: MilliCPU
  package var reservedMemory: Bytes
  package var instances: Int
  package var usage: HostUsage?
  /// Milliseconds since the last heartbeat; nil when none came since the coordinator started.
  package var silentMilliseconds: Int64?
  /// Round trip of the last acknowledged heartbeat, as the agent measured it, in microseconds.
  package var roundTripMicroseconds: UInt32?
  /// Whether the agent's stream is open.
  package var isConnected: Bool
  /// Why it is in its state.
  package var message: String
  /// What its agent says is wrong with it: `state-not-writable: ...`.
  package var conditions: [String]?
  /// nil: it takes new instances.
  package var cordon: Cordon?
  /// There while it is being drained.
  package var drain: DrainProgress?
  /// What it holds for reservations; nil: nothing.
  package var reservations: [HeldRoom]?
  /// Set by operators; nil is none.
  package var taints: [Taint]?
  /// There while it takes nothing new because it went down again and again.
  package var held: HostHold?

  enum CodingKeys: String, CodingKey {
    case id, state, facts, instances, usage, message, conditions, cordon, drain, taints, held
    case reservations
    case reservedCPU = "reserved_cpu"
    case reservedMemory = "reserved_memory"
    case silentMilliseconds = "silent_ms"
    case roundTripMicroseconds = "round_trip_us"
    case isConnected = "is_connected"
  }

  package init(
    id: HostID, state: HostState, facts: HostFacts, reservedCPU: MilliCPU, reservedMemory: Bytes,
    instances: Int, usage: HostUsage?, silentMilliseconds: Int64?, roundTripMicroseconds: UInt32?,
    isConnected: Bool, message: String, conditions: [String]? = nil
  ) {
    self.id = id
    self.state = state
    self.facts = facts
    self.reservedCPU = reservedCPU
    self.reservedMemory = reservedMemory
    self.instances = instances
    self.usage = usage
    self.silentMilliseconds = silentMilliseconds
    self.roundTripMicroseconds = roundTripMicroseconds
    self.isConnected = isConnected
    self.message = message
    self.conditions = conditions
  }
}

/// `GET /v1/instances/{id}/limits`: what the kernel holds right now.
package struct LimitsView: Hashable, Sendable, Codable {
  package var id: InstanceID
  package var host: HostID
  package var pid: Int32?
  package var knobs: [KnobReport]

  package init(id: InstanceID, host: HostID, pid: Int32?, knobs: [KnobReport]) {
    self.id = id
    self.host = host
    self.pid = pid
    self.knobs = knobs
  }
}

/// `GET /v1/why/{instance or host or service}`: the facts and events that explain a state.
package struct WhyView: Hashable, Sendable, Codable {
  package var subject: String
  /// One sentence: what it is and why.
  package var summary: String
  /// Facts, in the order in which they matter.
  package var evidence: [String]
  /// The last events about it, oldest first.
  package var events: [ClusterEvent]
  /// Of a host: the failure detector's numbers.
  package var detection: DetectionView?

  package init(
    subject: String, summary: String, evidence: [String], events: [ClusterEvent],
    detection: DetectionView? = nil
  ) {
    self.detection = detection
    self.subject = subject
    self.summary = summary
    self.evidence = evidence
    self.events = events
  }
}

/// `GET /v1/version`.
package struct VersionView: Hashable, Sendable, Codable {
  package var version: String
  package var coordinatorEpoch: UInt64
  package var revision: Revision

  enum CodingKeys: String, CodingKey {
    case version, revision
    case coordinatorEpoch = "coordinator_epoch"
  }

  package init(version: String, coordinatorEpoch: UInt64, revision: Revision) {
    self.version = version
    self.coordinatorEpoch = coordinatorEpoch
    self.revision = revision
  }
}

/// One line of a list with `?watch=true`: first a line for each thing there is, then `synced`, then one line for each
/// change. In JSON an object with one key: `{"put": {...}}`, `{"removed": "web.0"}` or `{"synced": 17}`.
package enum WatchLine<View: Hashable & Sendable & Codable>: Hashable, Sendable {
  case put(View)
  /// The name of what is gone.
  case removed(String)
  case synced(Revision)
}

extension WatchLine: Codable {
  private enum CodingKeys: String, CodingKey {
    case put, removed, synced
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    if let view = try container.decodeIfPresent(View.self, forKey: .put) {
      self = .put(view)
    } else if let name = try container.decodeIfPresent(String.self, forKey: .removed) {
      self = .removed(name)
    } else {
      self = .synced(try container.decode(Revision.self, forKey: .synced))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .put(let view): try container.encode(view, forKey: .put)
    case .removed(let name): try container.encode(name, forKey: .removed)
    case .synced(let revision): try container.encode(revision, forKey: .synced)
    }
  }
}
