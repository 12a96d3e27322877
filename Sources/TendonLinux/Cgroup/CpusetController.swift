// SPDX-License-Identifier: Apache-2.0
package import TendonModel

/// What cores an instance runs on.
package enum CoreGrant: Hashable, Sendable {
  /// Those that nobody has for itself; the service's cgroup or the host says which.
  case shared
  /// The same, written to the instance's own cgroup because others of its service have cores for themselves.
  case sharing(CPUList)
  /// These, and nobody else does.
  case exclusive(CPUList)
  /// It asked for cores of its own and has none, for the reason given.
  case refused(count: Int, reason: String)
}

/// `cpuset.cpus` from exclusive cores.
package enum CpusetController {
  static let file = "cpuset.cpus"

  static func knobs(for cores: CoreGrant) -> [Knob] {
    switch cores {
    case .shared:
      [
        Knob(
          .cpuset, file, requested: "shared cores", wanted: nil, isKernelDefault: true,
          comparison: .any)
      ]
    case .sharing(let list): [Knob(.cpuset, file, requested: "shared cores", wanted: "\(list)")]
    case .exclusive(let list):
      [Knob(.cpuset, file, requested: counted(list.cpus.count, "core"), wanted: "\(list)")]
    case .refused(let count, let reason):
      [
        Knob(
          .cpuset, file, requested: count == 0 ? "shared cores" : counted(count, "core"),
          wanted: nil, note: reason)
      ]
    }
  }

  static func use(of file: String, at leaf: String) throws(KernelFileError) -> String? {
    let text = try KernelFile.read(leaf + "/cpuset.cpus.effective")
    return text.map { "runs on \($0)" }
  }

  /// The cores that a cgroup's processes run on; nil where the kernel binds nobody.
  package static func effective(_ path: String) throws(KernelFileError) -> CPUList? {
    try list("cpuset.cpus.effective", at: path)
  }

  /// The cores that a cgroup was given; empty when it takes those of its parent, nil without the controller.
  package static func given(_ path: String) throws(KernelFileError) -> CPUList? {
    try list(file, at: path)
  }

  /// Gives a cgroup its cores, never none: before Linux 6.8 a cgroup with processes can't have its list emptied (ENOSPC of
  /// validate_change() in kernel/cgroup/cpuset.c). Fine when the cgroup is gone.
  package static func give(_ list: CPUList, to path: String) throws(KernelFileError) {
    precondition(!list.isEmpty, "a cgroup runs somewhere")
    let file = "\(path)/\(file)"
    // Most are as they should be, and a change holds the whole machine for a moment.
    guard let held = try KernelFile.read(file), held != list.description else { return }
    try KernelFile.write(list.description, to: file)
  }

  /// Gives a cgroup all cores again, if it was ever restricted to some.
  package static func widen(_ path: String, to all: CPUList) throws(KernelFileError) {
    guard let held = try given(path), !held.isEmpty else { return }
    try give(all, to: path)
  }

  private static func list(
    _ file: String, at path: String
  ) throws(KernelFileError) -> CPUList? {
    let file = "\(path)/\(file)"
    guard let text = try KernelFile.read(file) else { return nil }
    guard let list = CPUList(parsing: text) else {
      throw .notAsExpected(file, text, "a list of CPUs such as 0-3,8")
    }
    return list
  }
}
