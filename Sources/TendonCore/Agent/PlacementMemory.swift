// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// What an agent knows of one placement and must not forget over its own restart: the text of the
/// placement's record file, and the source of what is reported.
package struct PlacementMemory: Hashable, Sendable, Codable {
  package var desired: DesiredPlacement
  package var phase: PlacementPhase
  /// Whether the coordinator asked for its end. Never taken back.
  package var isStopAsked: Bool
  /// The process, while it runs.
  package var process: ProcessKey?
  package var startedAt: Timestamp?
  /// Ports by name, kept over restarts; empty before the first start.
  package var ports: [String: UInt16]
  /// How often the process was started again.
  package var restarts: Int
  /// Ends and failed starts in a row without a healthy run between them.
  package var failures: Int
  package var lastExit: ExitReport?
  /// `oom_kill` of the cgroup's memory.events when the process was started: a rise is an OOM kill.
  package var oomKills: UInt64
  /// The uid that it has from the host's pool.
  package var dynamicUser: UInt32?
  /// The limits last written and read back; nil before the first.
  package var limits: LimitsOutcome?
  /// What the limits of memory were lately, oldest first; nil before the first.
  package var memoryLimits: [MemoryLimitMark]?
  /// What is known of the process's health, while it runs; nil where nothing watches it.
  package var health: HealthMemory?
  /// Whether `after_stop` has to run before anything else is made of the placement.
  package var owesAfterStop: Bool?
  package var message: String

  package init(desired: DesiredPlacement) {
    self.desired = desired
    phase = .starting
    isStopAsked = false
    ports = [:]
    restarts = 0
    failures = 0
    oomKills = 0
    message = "not started yet"
  }

  enum CodingKeys: String, CodingKey {
    case desired, phase, process, ports, restarts, failures, limits, health, message
    case isStopAsked = "stop_asked"
    case startedAt = "started_at"
    case lastExit = "last_exit"
    case oomKills = "oom_kills"
    case memoryLimits = "memory_limits"
    case owesAfterStop = "owes_after_stop"
    case dynamicUser = "dynamic_user"
  }

  package var status: PlacementStatus {
    PlacementStatus(
      epoch: desired.epoch, instance: desired.instance, phase: phase, pid: process?.pid,
      pidStartTicks: process?.startTicks, startedAt: startedAt, ports: ports, restarts: restarts,
      ready: toldReady,
      crashLoop: crashLoop, lastExit: lastExit, resourcesRevision: limits?.revision,
      resizeMicroseconds: limits?.microseconds, knobs: limits?.knobs ?? [], message: message)
  }
}

extension PlacementMemory {
  /// nil where nothing has to be waited for.
  private var toldReady: Bool? {
    desired.spec.supervision.gatesReadiness ? health?.isReady ?? false : nil
  }

  /// As `PlacementStatus.isReady`.
  package var isReady: Bool { phase == .running && toldReady != false }

  /// How often in a row it ended soon after its start, from where that is called a crash loop.
  package var crashLoop: Int? {
    failures >= PlacementStatus.crashLoopEnds && !phase.isFinal ? failures : nil
  }
}

/// What came of writing an instance's limits.
package struct LimitsOutcome: Hashable, Sendable, Codable {
  /// The `resourcesRevision` they belong to.
  package var revision: Revision
  /// Write and read back together.
  package var microseconds: Int64
  package var knobs: [KnobReport]

  package init(revision: Revision, microseconds: Int64, knobs: [KnobReport]) {
    self.revision = revision
    self.microseconds = microseconds
    self.knobs = knobs
  }
}
