// SPDX-License-Identifier: Apache-2.0
package import SystemPackage

/// How the hosts of a lab are made.
package enum LabDriver: String, Codable, Sendable, CaseIterable {
  /// User Mode Linux: every host has a kernel of its own.
  case uml
  /// Namespaces and a delegated cgroup on this machine's kernel: faster, less isolated.
  case netns
  /// User Mode Linux where this machine's cgroup v2 tree lacks controllers, else namespaces.
  case auto
}

/// What `Lab.up` builds.
package struct LabConfiguration: Sendable {
  /// Names the lab, its network namespace (`tendon-NAME`) and its folder. Letters, digits and
  /// dashes, at most 20.
  package var name: String
  package var hosts: Int
  /// Memory of each host's kernel in bytes (User Mode Linux only).
  package var hostMemoryBytes: UInt64 = 512 << 20
  /// Size of each host's disk image in bytes; sparse, so it costs what is written.
  package var hostDiskBytes: UInt64 = 256 << 20
  package var driver: LabDriver = .auto
  /// Whether systemd is the hosts' process 1 (User Mode Linux only). They run no agent then: it is installed on them
  /// as a package. Their root is writable and gone with their power.
  package var systemd = false
  /// Where labs keep their state; one folder per lab.
  package var directory: FilePath
  /// The folder with tendon-lab, tendon-agent, tendon-coordinator and tendon-init.
  package var binaries: FilePath
  /// Whether to run a coordinator in the lab.
  package var runsCoordinator = true
  /// Whether the hosts run an agent.
  package var runsAgents = true
  /// Further arguments for every agent, as given on its command line.
  package var agentArguments: [String] = []
  package var coordinatorArguments: [String] = []
  /// Gives the coordinator a disk of its own in memory, of this size in bytes, so that it can be full; nil: none.
  package var coordinatorDiskBytes: UInt64?
  /// Folders hosts must see at the same path even where a host's own /run or /tmp hides them.
  package var sharedFolders: [FilePath] = []
  /// How long a boot may take. Two cores boot three hosts in about 4 s.
  package var bootTimeout: Duration = .seconds(90)
  /// Whether the lab is worthless once this process is gone (tests): a later `up` then clears it.
  package var endsWithThisProcess = true

  package init(
    name: String = "lab", hosts: Int, directory: FilePath = Self.defaultDirectory(),
    binaries: FilePath = Self.defaultBinaries()
  ) {
    self.name = name
    self.hosts = hosts
    self.directory = directory
    self.binaries = binaries
  }

  /// `$TENDON_LAB_DIR`, else /var/lib/tendon-lab: on disk, as it holds the hosts' disks.
  package static func defaultDirectory() -> FilePath {
    FilePath(Environment["TENDON_LAB_DIR"] ?? "/var/lib/tendon-lab")
  }

  /// `$TENDON_BIN`, else the folder this program was started from, else where a build in the
  /// current folder leaves its programs (for a test runner that was moved).
  package static func defaultBinaries() -> FilePath {
    if let folder = Environment["TENDON_BIN"] { return FilePath(folder) }
    let own = LabFile.linkTarget("/proc/self/exe")?.removingLastComponent()
    let built = [".build/debug", ".build/release"].compactMap { LabFile.linkTarget(FilePath($0)) }
    let candidates = (own.map { [$0] } ?? []) + built
    return candidates.first { LabFile.isExecutable($0.appending("tendon-lab")) } ?? own
      ?? "/usr/bin"
  }

  /// Throws where a value can't work, before anything is made.
  func validate() throws(LabError) {
    try Self.validate(name: name)
    guard (1...200).contains(hosts) else {
      throw .badValue(what: "number of hosts", value: "\(hosts)", wanted: "1 to 200")
    }
    guard hostMemoryBytes >= 64 << 20 else {
      throw .badValue(
        what: "host memory", value: "\(hostMemoryBytes >> 20)M",
        wanted: "a kernel and an agent need at least 64M")
    }
    guard !systemd || (driver != .netns && hostMemoryBytes >= 1 << 30) else {
      throw .badValue(
        what: "host memory", value: "\(hostMemoryBytes >> 20)M",
        wanted:
          "hosts under systemd are of User Mode Linux (--driver uml) and keep their changed files in "
          + "memory: at least 1G")
    }
    for path in [directory, binaries] where !Self.isPlain(path.string) {
      throw .badValue(
        what: "folder", value: path.string,
        wanted: "an absolute path without spaces, commas or quotes (a kernel's command line)")
    }
  }

  static func validate(name: String) throws(LabError) {
    let allowed = name.utf8.allSatisfy { byte in
      byte == UInt8(ascii: "-") || (byte < 128 && Character(Unicode.Scalar(byte)).isNameCharacter)
    }
    guard allowed, !name.isEmpty, name.utf8.count <= 20, !name.hasPrefix("-") else {
      throw .badValue(what: "lab name", value: name, wanted: "letters, digits, dashes; at most 20")
    }
  }

  private static func isPlain(_ path: String) -> Bool {
    path.hasPrefix("/") && !path.contains { " ,\"'\\\n\t".contains($0) }
  }
}

extension Character {
  fileprivate var isNameCharacter: Bool { isLetter || isNumber }
}
