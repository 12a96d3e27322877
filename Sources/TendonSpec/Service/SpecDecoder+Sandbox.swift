// SPDX-License-Identifier: Apache-2.0

import TendonModel

extension SpecDecoder {
  func sandbox() -> Sandbox {
    Sandbox(
      isolation: text("isolation").flatMap(Isolation.init(rawValue:)) ?? .standard,
      root: text("root"), groups: list("groups"), envFiles: paths(list("env_files")),
      secrets: map("secrets"), settings: sandboxSettings())
  }

  private func sandboxSettings() -> SandboxSettings {
    var settings = SandboxSettings()
    settings.noNewPrivileges = boolean("no_new_privs")
    settings.keptCapabilities = items(["capabilities", "keep"])?.compactMap(
      Capability.init(rawValue:))
    settings.limits = limits()
    settings.umask = text("sandbox", "umask").flatMap { UInt32($0, radix: 8) }
    settings.nice = integer("sandbox", "nice")
    settings.ioPriority = text("sandbox", "ioprio").flatMap { IOPriority($0) }
    settings.oomScoreAdjust = integer("sandbox", "oom_score_adj")
    settings.readOnlyRoot = boolean("read_only_root")
    settings.writable = paths(items(["writable"]) ?? [])
    settings.privateTmp = boolean("private_tmp")
    settings.hidden = items(["hidden"]).map(paths)
    settings.privateDevices = boolean("private_devices")
    settings.namespaces = items(["namespaces"])?.compactMap(Namespace.init(rawValue:))
    settings.seccomp = text("sandbox", "seccomp").flatMap { SeccompProfile($0) }
    return settings
  }

  /// Those that are none were reported with the shape's faults.
  private func paths(_ texts: [String]) -> [String] { texts.filter { $0.hasPrefix("/") } }

  private func boolean(_ key: String) -> Bool? {
    text("sandbox", key).flatMap { ["true": true, "false": false][$0] }
  }

  /// The items of a list below `sandbox`, where `none` stands for no item; nil without the key.
  private func items(_ keys: [String]) -> [String]? {
    guard case .sequence(let items) = node(SpecPath(["sandbox"] + keys))?.content else {
      return nil
    }
    return items.compactMap(\.text).filter { $0 != SpecShape.noItems }
  }

  private func limits() -> [String: ProcessLimit] {
    guard case .mapping(let entries) = node(SpecPath(["sandbox", "rlimits"]))?.content else {
      return [:]
    }
    var limits: [String: ProcessLimit] = [:]
    for entry in entries {
      guard let name = entry.key.text, let value = entry.value.text else { continue }
      limits[name] = ProcessLimit(value)
    }
    return limits
  }
}
