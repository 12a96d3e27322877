// SPDX-License-Identifier: Apache-2.0

/// What a host's init is told; written to its box before it boots.
struct GuestConfiguration: Codable, Sendable {
  /// Where a folder of the machine comes from in the host.
  struct Share: Codable, Sendable {
    /// On the machine.
    var source: String
    /// In the host.
    var target: String
  }

  var hostName: String
  var driver: LabDriver
  /// Whether systemd is its process 1; the lab's own init is then a service of it.
  var systemd: Bool
  /// The host's network card.
  var interface: String
  /// With its prefix length: `10.213.1.11/24`.
  var address: String
  /// Mounted always.
  var shares: [Share]
  /// Seen at their own path even when the host's own /run or /tmp would hide them. Their sources hold no symbolic
  /// link: hostfs cannot be mounted from one.
  var visible: [Share]
  /// A namespace host's cgroup on the machine, which becomes the root of its own tree.
  var cgroup: String?
  /// A block device with ext4 to mount at `GuestPaths.disk`.
  var diskDevice: String?
  /// The agent's command, started once `joinToken` is there; nil for a host without an agent.
  var agent: [String]?
  var joinToken: String
}

/// What a host's init tells when everything is mounted and its network is up.
struct GuestReady: Codable, Sendable {
  /// Of the host's kernel (for a namespace host: made up anew at every start).
  var bootID: String
  /// In the host's root cgroup.
  var controllers: [String]
  /// From the start of the host's kernel to now.
  var uptimeSeconds: Double
}
