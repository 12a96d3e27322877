// SPDX-License-Identifier: Apache-2.0

/// A cgroup v2 controller that Tendon uses; the raw value is the kernel's name for it.
package enum Controller: String, Hashable, Sendable, CaseIterable, CustomStringConvertible {
  case cpu, memory, io, pids, cpuset, hugetlb

  /// Without these no instance is started; without the others only their limits are missing.
  package static let required: [Controller] = [.cpu, .memory, .pids]

  /// Whether it is enabled for a service's instances only when one of them needs it: it gives each cgroup some dozen
  /// files, which take longer to make than all others, and few instances limit huge pages.
  var isOnDemand: Bool { self == .hugetlb }

  package var description: String { rawValue }

  /// The controllers of a `cgroup.controllers` or `cgroup.subtree_control` text; others are left out.
  static func list(_ text: String) -> [Controller] {
    let names = text.split { $0 == " " || $0 == "\n" }
    return allCases.filter { names.contains(Substring($0.rawValue)) }
  }
}
