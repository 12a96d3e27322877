// SPDX-License-Identifier: Apache-2.0

/// What an instance's processes may see and do.
///
/// Its keys stand at the top level of a spec, beside those of `ServiceSpec` itself. A key that is absent means its
/// default, so that what an older version stored can be read.
package struct Sandbox: Hashable, Sendable {
  /// What `user` says for a uid of the host's pool instead of a name.
  package static let dynamicUser = "dynamic"

  /// Which set of `settings` holds where they say nothing.
  package var isolation: Isolation
  /// A directory of the host that becomes the instance's `/`.
  package var root: String?
  /// Supplementary groups, names or numbers, beside those that the user has anyway.
  package var groups: [String]
  /// Files of the host with `NAME=value` lines, read at each start; a later one replaces what an earlier one says.
  package var envFiles: [String]
  /// Files of the host by the name under which the instance finds their text in `$CREDENTIALS_DIRECTORY`.
  package var secrets: [String: String]
  package var settings: SandboxSettings

  package init(
    isolation: Isolation = .standard, root: String? = nil, groups: [String] = [],
    envFiles: [String] = [], secrets: [String: String] = [:],
    settings: SandboxSettings = SandboxSettings()
  ) {
    self.isolation = isolation
    self.root = root
    self.groups = groups
    self.envFiles = envFiles
    self.secrets = secrets
    self.settings = settings
  }

  /// Whether going from `other` to this needs new processes.
  package func needsNewProcesses(comparedTo other: Sandbox) -> Bool { self != other }
}

extension Sandbox: Codable {
  enum CodingKeys: String, CodingKey {
    case isolation, root, groups, secrets
    case envFiles = "env_files"
    case settings = "sandbox"
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    isolation = try values.decodeIfPresent(Isolation.self, forKey: .isolation) ?? .standard
    root = try values.decodeIfPresent(String.self, forKey: .root)
    groups = try values.decodeIfPresent([String].self, forKey: .groups) ?? []
    envFiles = try values.decodeIfPresent([String].self, forKey: .envFiles) ?? []
    secrets = try values.decodeIfPresent([String: String].self, forKey: .secrets) ?? [:]
    settings =
      try values.decodeIfPresent(SandboxSettings.self, forKey: .settings) ?? SandboxSettings()
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    if isolation != .standard { try values.encode(isolation, forKey: .isolation) }
    try values.encodeIfPresent(root, forKey: .root)
    if !groups.isEmpty { try values.encode(groups, forKey: .groups) }
    if !envFiles.isEmpty { try values.encode(envFiles, forKey: .envFiles) }
    if !secrets.isEmpty { try values.encode(secrets, forKey: .secrets) }
    if settings != SandboxSettings() { try values.encode(settings, forKey: .settings) }
  }
}
