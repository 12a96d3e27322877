// SPDX-License-Identifier: Apache-2.0

/// The key `sandbox`: each setting replaces what the isolation level says; nil leaves it.
package struct SandboxSettings: Hashable, Sendable {
  /// Whether a set-user-ID program gains nothing (`PR_SET_NO_NEW_PRIVS`).
  package var noNewPrivileges: Bool?
  /// The capabilities that are kept; empty: none.
  package var keptCapabilities: [Capability]?
  /// By the names of `ProcessLimit.numbers`.
  package var limits: [String: ProcessLimit] = [:]
  /// Nine bits; nil: 022.
  package var umask: UInt32?
  /// -20 (first) to 19 (last).
  package var nice: Int?
  package var ioPriority: IOPriority?
  /// -1000 (never killed for memory) to 1000.
  package var oomScoreAdjust: Int?
  package var readOnlyRoot: Bool?
  /// What can be written in a read-only root, beside the instance's own directory.
  package var writable: [String] = []
  package var privateTmp: Bool?
  /// What appears empty: directories without entries, files without text.
  package var hidden: [String]?
  package var privateDevices: Bool?
  package var namespaces: [Namespace]?
  package var seccomp: SeccompProfile?

  package init() {}
}

extension SandboxSettings: Codable {
  enum CodingKeys: String, CodingKey {
    case limits = "rlimits"
    case umask, nice, writable, hidden, namespaces, seccomp, capabilities
    case noNewPrivileges = "no_new_privs"
    case ioPriority = "ioprio"
    case oomScoreAdjust = "oom_score_adj"
    case readOnlyRoot = "read_only_root"
    case privateTmp = "private_tmp"
    case privateDevices = "private_devices"
  }

  private struct Capabilities: Codable {
    var keep: [Capability]
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    noNewPrivileges = try values.decodeIfPresent(Bool.self, forKey: .noNewPrivileges)
    keptCapabilities =
      try values.decodeIfPresent(Capabilities.self, forKey: .capabilities)?.keep
    limits = try values.decodeIfPresent([String: ProcessLimit].self, forKey: .limits) ?? [:]
    umask = try values.decodeIfPresent(UInt32.self, forKey: .umask)
    nice = try values.decodeIfPresent(Int.self, forKey: .nice)
    ioPriority = try values.decodeIfPresent(IOPriority.self, forKey: .ioPriority)
    oomScoreAdjust = try values.decodeIfPresent(Int.self, forKey: .oomScoreAdjust)
    readOnlyRoot = try values.decodeIfPresent(Bool.self, forKey: .readOnlyRoot)
    writable = try values.decodeIfPresent([String].self, forKey: .writable) ?? []
    privateTmp = try values.decodeIfPresent(Bool.self, forKey: .privateTmp)
    hidden = try values.decodeIfPresent([String].self, forKey: .hidden)
    privateDevices = try values.decodeIfPresent(Bool.self, forKey: .privateDevices)
    namespaces = try values.decodeIfPresent([Namespace].self, forKey: .namespaces)
    seccomp = try values.decodeIfPresent(SeccompProfile.self, forKey: .seccomp)
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encodeIfPresent(noNewPrivileges, forKey: .noNewPrivileges)
    try values.encodeIfPresent(
      keptCapabilities.map(Capabilities.init(keep:)), forKey: .capabilities)
    if !limits.isEmpty { try values.encode(limits, forKey: .limits) }
    try values.encodeIfPresent(umask, forKey: .umask)
    try values.encodeIfPresent(nice, forKey: .nice)
    try values.encodeIfPresent(ioPriority, forKey: .ioPriority)
    try values.encodeIfPresent(oomScoreAdjust, forKey: .oomScoreAdjust)
    try values.encodeIfPresent(readOnlyRoot, forKey: .readOnlyRoot)
    if !writable.isEmpty { try values.encode(writable, forKey: .writable) }
    try values.encodeIfPresent(privateTmp, forKey: .privateTmp)
    try values.encodeIfPresent(hidden, forKey: .hidden)
    try values.encodeIfPresent(privateDevices, forKey: .privateDevices)
    try values.encodeIfPresent(namespaces, forKey: .namespaces)
    try values.encodeIfPresent(seccomp, forKey: .seccomp)
  }
}
