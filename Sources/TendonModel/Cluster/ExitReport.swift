// SPDX-License-Identifier: Apache-2.0

/// The last end of an instance's process, and what is known of its cause.
package struct ExitReport: Hashable, Sendable, Codable {
  package var status: ExitStatus
  package var at: Timestamp
  /// Whether the kernel killed it for memory (a rise of `oom_kill` together with a SIGKILL).
  package var outOfMemory: Bool
  /// Whose limit was hit; nil when it did not run out of memory, or that is not known.
  package var oomScope: OOMScope?
  /// `memory.max` that was hit, verbatim; the instance's own where it did not run out of memory.
  package var memoryLimit: String?
  /// What the limits of memory were lately, oldest first; nil when it did not run out of memory.
  package var memoryLimits: [MemoryLimitMark]?
  /// The most that the cgroup ever used (`memory.peak`, since 5.19); nil where the kernel does not say.
  package var memoryPeak: Bytes?
  /// The largest processes in its cgroup, largest first: those that the kernel weighed up when it killed for memory, else
  /// those that were left when the main process ended.
  package var processes: [ProcessUse]?
  /// Why it was ended, when we ended it.
  package var stoppedBecause: String?
  /// The last lines that it wrote, stderr before stdout; nil when it ended as asked, or wrote nothing.
  package var lastLines: [String]?

  /// Which limit the kernel enforced by killing.
  package enum OOMScope: String, Hashable, Sendable, Codable {
    case instance
    /// The service's slice.
    case service
    /// The cgroup of all instances of the host.
    case agent
    /// The host itself ran out of memory.
    case host
  }

  package struct ProcessUse: Hashable, Sendable, Codable {
    package var pid: Int32
    package var name: String
    package var resident: Bytes

    package init(pid: Int32, name: String, resident: Bytes) {
      self.pid = pid
      self.name = name
      self.resident = resident
    }
  }

  enum CodingKeys: String, CodingKey {
    case status, at, processes
    case outOfMemory = "out_of_memory"
    case oomScope = "oom_scope"
    case memoryLimit = "memory_limit"
    case memoryLimits = "memory_limits"
    case memoryPeak = "memory_peak"
    case stoppedBecause = "stopped_because"
    case lastLines = "last_lines"
  }

  package init(
    status: ExitStatus, at: Timestamp, outOfMemory: Bool, oomScope: OOMScope? = nil,
    memoryLimit: String? = nil, memoryPeak: Bytes? = nil, processes: [ProcessUse]? = nil,
    stoppedBecause: String? = nil, lastLines: [String]? = nil
  ) {
    self.status = status
    self.at = at
    self.outOfMemory = outOfMemory
    self.oomScope = oomScope
    self.memoryLimit = memoryLimit
    self.memoryPeak = memoryPeak
    self.processes = processes
    self.stoppedBecause = stoppedBecause
    self.lastLines = lastLines
  }

  /// How it ended, and of what, in one phrase: `killed by signal 9 (SIGKILL): out of memory, over its own limit`.
  package var summary: String {
    var text = status.description
    if outOfMemory { text += ": out of memory" + (oomText.map { ", \($0)" } ?? "") }
    if let stoppedBecause { text += " (we stopped it: \(stoppedBecause))" }
    return text
  }

  private var oomText: String? {
    let size = memoryLimit.flatMap { UInt64($0) }.map {
      " of \(Bytes(Int64(clamping: $0)).rounded)"
    }
    return switch oomScope {
    case .instance: "over its own limit\(size ?? "")"
    case .service: "its service was over its limit\(size ?? "")"
    case .agent: "all instances of the host together were over their limit\(size ?? "")"
    case .host: "the host itself had no memory left"
    case nil: nil
    }
  }

  private var isOwnLimit: Bool { oomScope == nil || oomScope == .instance }

  /// What there is to say about the end beyond `summary`, one fact a line.
  package var details: [String] {
    var details: [String] = []
    if let memoryPeak {
      let limit =
        switch memoryLimit {
        case nil: ""
        case "max": ", without a limit"
        case let text?: UInt64(text).map { " of \(Bytes(Int64(clamping: $0)).rounded)" } ?? ""
        }
      details.append("used at most \(memoryPeak.rounded)\(isOwnLimit ? limit : "") memory")
    }
    if let history = memoryLimits?.history(of: oomScope == .service ? \.service : \.own) {
      let whose = oomScope == .service ? "its service's limit" : "its own limit"
      details.append("\(whose) was \(history)")
    }
    if let processes, !processes.isEmpty {
      let list = processes.map { "\($0.name) (\($0.pid), \($0.resident.rounded))" }
      let words = outOfMemory ? "the largest processes then" : "left behind, and killed"
      details.append("\(words): \(list.joined(separator: ", "))")
    }
    return details
  }
}
