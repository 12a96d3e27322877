// SPDX-License-Identifier: Apache-2.0

/// Where a placement is in its life, as its agent sees it.
package enum PlacementPhase: String, Hashable, Sendable, Codable, CaseIterable {
  /// Known to the agent; its cgroup and process are being made.
  case starting
  /// Its process runs.
  case running
  /// Its process ended and will be started again after a delay.
  case waiting
  /// It was asked to end and has not yet.
  case stopping
  /// It ended and its restart policy keeps it so. Final.
  case ended
  /// It could not be started, or was lost with a reboot. Final: the coordinator places anew.
  case failed

  /// Whether the placement can never run again.
  package var isFinal: Bool { self == .ended || self == .failed }
}

/// How a process ended (wait(2)).
package enum ExitStatus: Hashable, Sendable, Codable, CustomStringConvertible {
  case exited(code: Int32)
  case signaled(signal: Int32, coreDumped: Bool)
  /// tendon-init was gone when it ended, so nobody was told.
  case unknown

  package var isSuccess: Bool { self == .exited(code: 0) }

  package var description: String {
    switch self {
    case .exited(let code): "exited with status \(code)"
    case .signaled(let signal, let coreDumped):
      "killed by signal \(signal)\(Self.name(of: signal).map { " (\($0))" } ?? "")"
        + (coreDumped ? ", core dumped" : "")
    case .unknown: "ended with a status that could not be known"
    }
  }

  /// The name of a Linux signal (signal(7), x86 and ARM numbering).
  package static func name(of signal: Int32) -> String? {
    let names: [Int32: String] = [
      1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS",
      8: "SIGFPE", 9: "SIGKILL", 10: "SIGUSR1", 11: "SIGSEGV", 12: "SIGUSR2", 13: "SIGPIPE",
      14: "SIGALRM", 15: "SIGTERM", 24: "SIGXCPU", 25: "SIGXFSZ", 31: "SIGSYS",
    ]
    return names[signal]
  }
}

/// One limit of one instance: what was asked, what was written, what the kernel answered.
package struct KnobReport: Hashable, Sendable, Codable {
  /// The cgroup file's name, verbatim: `cpu.max`.
  package var knob: String
  /// What the spec asks for, in the spec's words: `limit 2`.
  package var requested: String
  /// The text written to the file; nil when nothing was.
  package var written: String?
  /// The text read back; nil when the file is not there.
  package var readBack: String?
  /// Current use in the knob's own terms, where it has one: `memory.current`.
  package var use: String?
  /// Why written and read back differ, or why nothing was written; nil when all is as asked.
  package var note: String?
  /// Whether the kernel holds what was asked.
  package var isInForce: Bool

  enum CodingKeys: String, CodingKey {
    case knob, requested, written, use, note
    case readBack = "read_back"
    case isInForce = "in_force"
  }

  package init(
    knob: String, requested: String, written: String?, readBack: String?, use: String? = nil,
    note: String? = nil, isInForce: Bool
  ) {
    self.knob = knob
    self.requested = requested
    self.written = written
    self.readBack = readBack
    self.use = use
    self.note = note
    self.isInForce = isInForce
  }
}

/// What an agent reports of one placement over the API: observed state, written by the agent only.
package struct PlacementStatus: Hashable, Sendable, Codable {
  package var epoch: Epoch
  package var instance: InstanceID
  package var phase: PlacementPhase
  /// Whether it can serve, where its spec has ways to show that; nil where it has none, and is ready once it runs.
  package var ready: Bool?
  /// The process, while it runs.
  package var pid: Int32?
  /// The process's start in clock ticks after boot (`/proc/PID/stat`, field 22): with `pid` its identity.
  package var pidStartTicks: UInt64?
  package var startedAt: Timestamp?
  /// Ports by name.
  package var ports: [String: UInt16]
  /// How often the process was started again.
  package var restarts: Int
  /// How often in a row it has ended soon after its start; nil below `PlacementStatus.crashLoopEnds`.
  package var crashLoop: Int?
  @Rare package var lastExit: ExitReport?
  /// The `resourcesRevision` whose limits were last written and read back; nil before the first.
  package var resourcesRevision: Revision?
  /// How long the last write and read back took, in microseconds.
  package var resizeMicroseconds: Int64?
  package var knobs: [KnobReport]
  /// Why it is where it is, in words a person can act on.
  package var message: String

  enum CodingKeys: String, CodingKey {
    case epoch, instance, phase, pid, ports, restarts, ready, knobs, message
    case crashLoop = "crash_loop"
    case pidStartTicks = "pid_start_ticks"
    case startedAt = "started_at"
    case lastExit = "last_exit"
    case resourcesRevision = "resources_revision"
    case resizeMicroseconds = "resize_us"
  }

  package init(
    epoch: Epoch, instance: InstanceID, phase: PlacementPhase, pid: Int32? = nil,
    pidStartTicks: UInt64? = nil, startedAt: Timestamp? = nil, ports: [String: UInt16] = [:],
    restarts: Int = 0, ready: Bool? = nil, crashLoop: Int? = nil, lastExit: ExitReport? = nil,
    resourcesRevision: Revision? = nil, resizeMicroseconds: Int64? = nil, knobs: [KnobReport] = [],
    message: String = ""
  ) {
    self.epoch = epoch
    self.instance = instance
    self.phase = phase
    self.pid = pid
    self.pidStartTicks = pidStartTicks
    self.startedAt = startedAt
    self.ports = ports
    self.restarts = restarts
    self.ready = ready
    self.crashLoop = crashLoop
    self.lastExit = lastExit
    self.resourcesRevision = resourcesRevision
    self.resizeMicroseconds = resizeMicroseconds
    self.knobs = knobs
    self.message = message
  }

  /// From how many ends in a row on it is said to be in a crash loop.
  package static let crashLoopEnds = 5

  /// Whether it runs and can serve.
  package var isReady: Bool { phase == .running && ready != false }
}
