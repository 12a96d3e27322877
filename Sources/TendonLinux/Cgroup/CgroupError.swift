// SPDX-License-Identifier: Apache-2.0
package import TendonModel

/// Why the cgroup tree is not as it must be. Each description says what to do about it.
package enum CgroupError: Error, Hashable, Sendable, CustomStringConvertible {
  case file(KernelFileError)
  /// No cgroup v2 file system in the mount table at `path`.
  case noMount(path: String)
  case missingControllers(MissingControllers)
  /// `path` has processes of its own, so the kernel refuses controllers for its children.
  case holdsProcesses(path: String, pids: [Int32])
  /// `path` is there but holds no `cgroup.controllers`.
  case notACgroup(path: String)
  case cannotCreate(path: String, errno: Int32)
  case cannotRemove(path: String, errno: Int32)
  case cannotList(path: String, errno: Int32)
  case cannotOpen(path: String, errno: Int32)
  case cannotWatch(path: String, errno: Int32)
  case cannotSignal(pid: Int32, errno: Int32)
  /// Processes were still in `path` when the time was over.
  case stillPopulated(path: String, after: Span)

  package var description: String {
    switch self {
    case .file(let error): error.description
    case .noMount(let path):
      "no cgroup2 file system is mounted (looked in \(path)); "
        + "mount one with: mount -t cgroup2 none /sys/fs/cgroup"
    case .missingControllers(let missing): missing.description
    case .holdsProcesses(let path, let pids):
      "\(path) holds \(pids.count == 1 ? "process" : "processes") "
        + pids.prefix(5).map(String.init).joined(separator: ", ")
        + (pids.count > 5 ? " and \(pids.count - 5) more" : "")
        + "; the kernel gives controllers only to the children of a cgroup without processes of its "
        + "own. Move them to a cgroup below it, or give another --cgroup-root"
    case .notACgroup(let path):
      "\(path) is not a cgroup v2 folder (it has no cgroup.controllers)"
    case .cannotCreate(let path, let error): "cannot create \(path): \(ErrnoText.of(error))"
    case .cannotRemove(let path, let error): "cannot remove \(path): \(ErrnoText.of(error))"
    case .cannotList(let path, let error): "cannot list \(path): \(ErrnoText.of(error))"
    case .cannotOpen(let path, let error): "cannot open \(path): \(ErrnoText.of(error))"
    case .cannotWatch(let path, let error): "cannot watch \(path): \(ErrnoText.of(error))"
    case .cannotSignal(let pid, let error): "cannot kill process \(pid): \(ErrnoText.of(error))"
    case .stillPopulated(let path, let time): "\(path) still has processes after \(time)"
    }
  }

  /// Runs `body`, passing on what goes wrong with a file as an error of the tree.
  static func file<Value>(
    _ body: () throws(KernelFileError) -> Value
  ) throws(CgroupError) -> Value {
    do { return try body() } catch { throw .file(error) }
  }
}

/// Which controllers are not to be had, where that was seen, and what would help.
package struct MissingControllers: Hashable, Sendable, CustomStringConvertible {
  package let missing: [Controller]
  /// The cgroup whose children would need them.
  package let path: String
  /// The file in which they are missing.
  package let lookedIn: String
  /// What that file says.
  package let available: String
  /// The cgroup v1 mount points that hold some of them.
  package let heldByV1: [Controller: String]

  package var description: String {
    let names = missing.map(\.rawValue).joined(separator: ", ")
    let held = missing.compactMap { name in heldByV1[name].map { "\(name) at \($0)" } }
    let said = available.isEmpty ? "is empty" : "says only: \(available)"
    let noun = missing.count == 1 ? "controller" : "controllers"
    let start = "cgroup \(path) lacks the \(noun) \(names) (\(lookedIn) \(said)). "
    if !held.isEmpty {
      return start + "They are mounted as cgroup v1 (\(held.joined(separator: ", "))) and can't be "
        + "used by both. Boot with systemd.unified_cgroup_hierarchy=1 (systemd) or cgroup_no_v1=all"
    }
    let enable = missing.map { "+\($0)" }.joined(separator: " ")
    let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? path
    return start + "Enable them from above: echo \"\(enable)\" > \(parent)/cgroup.subtree_control "
      + "(under systemd: Delegate=yes), or boot a kernel that has them"
  }
}
