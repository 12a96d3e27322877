// SPDX-License-Identifier: Apache-2.0

extension Sandbox {
  package static let mostGroups = 1000
  package static let mostSecrets = 64
  package static let niceRange = -20...19
  package static let oomScoreRange = -1000...1000

  /// Everything that makes this impossible, whoever asks; empty when it is fine.
  package var faults: [SpecFault] {
    var faults: [SpecFault] = []
    func check(_ bad: Bool, _ path: [String], _ message: @autoclosure () -> String) {
      if bad { faults.append(SpecFault(path, message())) }
    }
    check(root.map { !Self.isPlain($0) } ?? false, ["root"], Self.plainPath)
    check(root == "/", ["root"], "is the host's own root; leave it out")
    check(groups.count > Self.mostGroups, ["groups"], "are more than \(Self.mostGroups)")
    for (name, path) in secrets.sorted(by: { $0.key < $1.key }) {
      check(
        !Self.isSecretName(name), ["secrets", name],
        "must be 1 to 64 letters, digits, '.', '_', '-'")
      check(!path.hasPrefix("/"), ["secrets", name], "must be an absolute path")
    }
    check(secrets.count > Self.mostSecrets, ["secrets"], "are more than \(Self.mostSecrets)")
    for path in envFiles {
      check(!path.hasPrefix("/"), ["env_files"], "\(path) must be an absolute path")
    }
    return faults + settings.faults.map { SpecFault(["sandbox"] + $0.path, $0.message) }
  }

  /// A port in a network of one's own leads nowhere.
  package func portFaults(_ ports: [PortSpec]) -> [SpecFault] {
    guard let port = ports.first, settings.namespaces?.contains(.net) ?? false else { return [] }
    return [
      SpecFault(
        ["sandbox", "namespaces"],
        "with net, nobody reaches the port \(port.name); leave one of the two out")
    ]
  }

  static let plainPath = "must be an absolute path without '..'"

  static func isPlain(_ path: String) -> Bool {
    path.hasPrefix("/") && !path.split(separator: "/").contains("..")
  }

  package static func isSecretName(_ name: String) -> Bool {
    (1...64).contains(name.utf8.count) && name != "." && name != ".."
      && name.utf8.allSatisfy { byte in
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
          || "._-".utf8.contains(byte)
      }
  }
}

extension SandboxSettings {
  /// The paths are those below `sandbox`.
  var faults: [SpecFault] {
    var faults: [SpecFault] = []
    func check(_ bad: Bool, _ path: [String], _ message: @autoclosure () -> String) {
      if bad { faults.append(SpecFault(path, message())) }
    }
    for name in limits.keys.sorted() {
      check(
        ProcessLimit.numbers[name] == nil, ["rlimits", name],
        "is no limit; there are \(ProcessLimit.numbers.keys.sorted().joined(separator: ", "))")
    }
    check(umask.map { $0 > 0o777 } ?? false, ["umask"], "must be an octal number up to 777")
    check(
      nice.map { !Sandbox.niceRange.contains($0) } ?? false, ["nice"], "must be -20 to 19")
    check(
      oomScoreAdjust.map { !Sandbox.oomScoreRange.contains($0) } ?? false, ["oom_score_adj"],
      "must be -1000 to 1000")
    for path in writable {
      check(!Sandbox.isPlain(path), ["writable"], "\(path) \(Sandbox.plainPath)")
    }
    for path in hidden ?? [] {
      check(
        !Sandbox.isPlain(path) || path == "/", ["hidden"], "\(path) \(Sandbox.plainPath), and not /"
      )
    }
    return faults
  }
}
