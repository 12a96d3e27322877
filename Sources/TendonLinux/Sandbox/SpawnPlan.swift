// SPDX-License-Identifier: Apache-2.0

/// What an instance's process does to itself before it becomes its program (`tendon_plan.h`).
package struct SpawnPlan: Hashable, Sendable {
  /// Done in their order; the first that fails ends the start.
  package var steps: [PlanStep]
  /// Whether the process is the first one of a PID namespace of its own.
  package var isFirstOfNamespace: Bool

  package init(_ steps: [PlanStep] = [], isFirstOfNamespace: Bool = false) {
    self.steps = steps
    self.isFirstOfNamespace = isFirstOfNamespace
  }

  /// Whether a step may wait for a file system, so that tendon-init is not to do it on its own memory.
  var needsHelper: Bool { steps.contains { $0.isMount } }
}

/// One thing that the kernel can refuse. Paths of mounts, masks and files are those of the new root (the stage); the
/// sources of binds are the host's.
package enum PlanStep: Hashable, Sendable {
  /// Flags of unshare(2).
  case unshare(UInt64)
  case rlimit(name: String, number: UInt64, soft: UInt64, hard: UInt64)
  case write(path: String, text: String)
  case nice(Int)
  case ioPriority(UInt64)
  case hostname(String)
  case loopback
  case propagation(UInt64)
  case stage(source: String, at: String)
  case bind(source: String, target: String, MountRules)
  case mount(type: String, target: String, flags: UInt64, options: String, MountRules)
  case attributes(target: String, set: UInt64, clear: UInt64, MountRules)
  case mask(String)
  case device(target: String, mode: UInt32, major: UInt32, minor: UInt32)
  case symlink(String, target: String)
  case directory(String, mode: UInt32)
  case file(target: String, mode: UInt32, uid: UInt32, gid: UInt32, [UInt8])
  case pivot
  case ids(uid: UInt32, gid: UInt32, groups: [UInt32])
  /// A mask of capabilities.
  case bounding(UInt64)
  /// - Parameter asFarAsHad: whether those that we don't have ourselves are left out.
  case capabilities(UInt64, ambient: Bool, asFarAsHad: Bool)
  case noNewPrivileges
  /// A filter as the kernel takes it: 8 bytes an instruction.
  case seccomp([UInt8])
  case changeDirectory(String)

  var isMount: Bool {
    switch self {
    case .propagation, .stage, .bind, .mount, .attributes, .mask, .pivot: true
    default: false
    }
  }
}

/// `TENDON_PLAN_*` flags of mounts.
package struct MountRules: OptionSet, Hashable, Sendable {
  package let rawValue: UInt64

  package init(rawValue: UInt64) { self.rawValue = rawValue }

  package static let recursive = Self(rawValue: 1)
  /// The target is made, with what is above it.
  package static let make = Self(rawValue: 2)
  package static let ifPresent = Self(rawValue: 4)
  /// The source is a path of the stage.
  package static let inStage = Self(rawValue: 8)
}

extension PlanStep: CustomStringConvertible {
  /// What was being done, for a message: `bind /srv/data`.
  package var description: String {
    switch self {
    case .unshare: "making namespaces"
    case .rlimit(let name, _, let soft, let hard):
      "rlimit \(name) \(soft == .max ? "unlimited" : "\(soft)"):"
        + (hard == .max ? "unlimited" : "\(hard)")
    case .write(let path, let text): "writing \(text) to \(path)"
    case .nice(let value): "nice \(value)"
    case .ioPriority: "ioprio"
    case .hostname(let name): "hostname \(name)"
    case .loopback: "bringing up lo"
    case .propagation: "making mounts private"
    case .stage(let source, _): "root \(source)"
    case .bind(let source, let target, _):
      source == target ? "bind \(source)" : "bind \(source) to \(target)"
    case .mount(let type, let target, _, _, _): "mount \(type) on \(target)"
    case .attributes(let target, _, _, _): "mount flags of \(target)"
    case .mask(let path): "hiding \(path)"
    case .device(let target, _, _, _): "device \(target)"
    case .symlink(_, let target): "link \(target)"
    case .directory(let path, _): "directory \(path)"
    case .file(let target, _, _, _, _): "file \(target)"
    case .pivot: "pivot_root"
    case .ids(let uid, let gid, _): "user \(uid):\(gid)"
    case .bounding: "bounding set of capabilities"
    case .capabilities: "capabilities"
    case .noNewPrivileges: "no_new_privs"
    case .seccomp: "seccomp filter"
    case .changeDirectory(let path): "chdir \(path)"
    }
  }
}
