// SPDX-License-Identifier: Apache-2.0

import Glibc
import TendonLinux
import TendonModel
import TendonSeccomp

/// What one start needs of a sandbox beyond its spec: read from the host, and forgotten when the program runs.
struct SandboxMaterial: Sendable {
  /// nil: root, as tendon-init is.
  var user: UserIdentity?
  var profile: SandboxProfile
  /// Of the env files, in their order.
  var variables: [EnvFile.Variable] = []
  var secrets: [String: [UInt8]] = [:]
  /// The directory that the instance runs in; nil: the host's root.
  var root: String?
  /// The compiled filter of system calls.
  var filter: [UInt8]?

  /// Whether the instance has a view of files of its own.
  var hasView: Bool { profile.namespaces.contains(.mount) }

  /// What fits into one request to tendon-init beside arguments and environment.
  static let largestSecret = 64 << 10
  static let largestSecrets = 96 << 10
  /// Bounds what a wrong path can make the agent read.
  private static let largestFile = 1 << 20

  init(_ sandbox: Sandbox, user: UserIdentity?) {
    self.user = user
    root = sandbox.root
    profile = SandboxProfile(sandbox, isRoot: user.map { $0.uid == 0 } ?? true)
  }

  /// Runs it in what an image was made into, which others run in as well.
  mutating func use(image directory: String, _ sandbox: Sandbox) throws(StartError) {
    let way = "others run in it too. Unpack it into a directory of the instance's, and name that"
    if sandbox.settings.readOnlyRoot == false {
      throw StartError("sandbox.read_only_root", "an image can't be written to, for \(way)")
    }
    if let path = sandbox.settings.writable.first {
      throw StartError(
        "sandbox.writable", "\(path) is in an image, which can't be written to, for \(way)")
    }
    root = directory
    profile.readOnlyRoot = true
  }

  /// Whether the spec points to anything.
  func needsReading(_ placement: DesiredPlacement) -> Bool {
    let sandbox = placement.spec.sandbox
    if case .file = profile.seccomp { return true }
    return !sandbox.envFiles.isEmpty || !sandbox.secrets.isEmpty
  }

  /// Reads what the spec points to. Blocks.
  mutating func read(_ placement: DesiredPlacement) throws(StartError) {
    let spec = placement.spec
    for path in spec.sandbox.envFiles { try readVariables(path, ports: spec.ports) }
    var total = 0
    for (name, path) in spec.sandbox.secrets.sorted(by: { $0.key < $1.key }) {
      let text = try Self.read(path, upTo: Self.largestSecret, step: "secrets.\(name)")
      total += text.count
      guard total <= Self.largestSecrets else {
        throw StartError(
          "secrets", "together they are over \(Self.largestSecrets) bytes, the most there may be")
      }
      secrets[name] = text
    }
    if case .file(let path) = profile.seccomp {
      let text = try Self.read(path, upTo: Self.largestFile, step: "sandbox.seccomp")
      do { filter = try SeccompProfileFile.compiled(text, path: path) } catch {
        throw StartError("sandbox.seccomp", error)
      }
    }
  }

  private mutating func readVariables(_ path: String, ports: [PortSpec]) throws(StartError) {
    let text = try Self.read(path, upTo: Self.largestFile, step: "env_files")
    let file: EnvFile
    do { file = try EnvFile(text, path: path) } catch { throw StartError("env_files", error) }
    for variable in file.variables {
      guard let port = ports.first(where: { $0.variable == variable.name }) else { continue }
      throw StartError(
        "env_files",
        EnvFileError(
          path: path, line: variable.line,
          reason: "\(variable.name) is set by the port \(port.name); leave it out"))
    }
    variables += file.variables
  }

  private static func read(
    _ path: String, upTo limit: Int, step: String
  ) throws(StartError) -> [UInt8] {
    do {
      // Not waiting: a pipe without a writer must not hold the agent.
      let fd = try Files.open(path, O_RDONLY | O_NONBLOCK)
      defer { close(fd) }
      var status = stat()
      guard fstat(fd, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
        throw StartError(step, "\(path) is not a regular file")
      }
      guard status.st_size <= limit else {
        throw StartError(step, "\(path) has \(status.st_size) bytes; at most \(limit) are taken")
      }
      return try Files.read(path)
    } catch let error as StartError {
      throw error
    } catch {
      throw StartError(step, "\(error)")
    }
  }
}
