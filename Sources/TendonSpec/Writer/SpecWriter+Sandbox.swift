// SPDX-License-Identifier: Apache-2.0

import TendonModel

extension SpecWriter {
  /// What differs from the default.
  static func lines(_ sandbox: Sandbox) -> [String] {
    var lines: [String] = []
    if sandbox.isolation != .standard { lines.append("isolation: \(sandbox.isolation.rawValue)") }
    if let root = sandbox.root { lines.append("root: \(scalar(root))") }
    lines += items("groups", sandbox.groups)
    lines += items("env_files", sandbox.envFiles)
    lines += map("secrets", sandbox.secrets)
    let settings = self.lines(sandbox.settings)
    return lines + (settings.isEmpty ? [] : ["sandbox:"] + settings.map { "  " + $0 })
  }

  private static func lines(_ settings: SandboxSettings) -> [String] {
    var lines: [String] = []
    func add(_ key: String, _ value: (some CustomStringConvertible)?) {
      if let value { lines.append("\(key): \(value)") }
    }
    add("no_new_privs", settings.noNewPrivileges)
    if let kept = settings.keptCapabilities {
      lines.append("capabilities:")
      lines += list("keep", kept.map(\.rawValue)).map { "  " + $0 }
    }
    lines += map("rlimits", settings.limits.mapValues(\.description))
    add("umask", settings.umask.map { "0" + String($0, radix: 8) })
    add("nice", settings.nice)
    add("ioprio", settings.ioPriority.map { scalar($0.description) })
    add("oom_score_adj", settings.oomScoreAdjust)
    add("read_only_root", settings.readOnlyRoot)
    lines += items("writable", settings.writable)
    add("private_tmp", settings.privateTmp)
    if let hidden = settings.hidden { lines += list("hidden", hidden) }
    add("private_devices", settings.privateDevices)
    if let namespaces = settings.namespaces {
      lines += list("namespaces", namespaces.map(\.rawValue))
    }
    add("seccomp", settings.seccomp.map { scalar($0.description) })
    return lines
  }

  private static func items(_ key: String, _ items: [String]) -> [String] {
    items.isEmpty ? [] : list(key, items)
  }

  /// A list that is given, though it be empty.
  private static func list(_ key: String, _ items: [String]) -> [String] {
    ["\(key):"]
      + (items.isEmpty ? [SpecShape.noItems] : items).map { "  - \(scalar($0))" }
  }
}
