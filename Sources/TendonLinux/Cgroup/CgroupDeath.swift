// SPDX-License-Identifier: Apache-2.0

/// What a leaf's cgroup and those above it tell of memory when its main process has ended. Read before the leaf is
/// removed.
package struct CgroupDeath: Hashable, Sendable {
  /// How often a cgroup's own limit made the kernel look for somebody to kill, for the cgroups above the leaves. Taken
  /// when an instance starts, to be compared with when it ended.
  package struct Before: Hashable, Sendable {
    var slice: UInt64
    var root: UInt64
  }

  package enum Scope: Hashable, Sendable {
    case leaf, slice, root, host
  }

  /// Processes of the leaf that the kernel killed for memory; nil without the memory controller.
  package var oomKills: UInt64?
  /// Whose limit that was, if it killed at all.
  package var scope: Scope
  /// `memory.max` of the scope's cgroup, verbatim; the leaf's where it is the host's.
  package var limit: String?
  /// `memory.peak`, in bytes.
  package var peak: UInt64?

  package static func before(
    _ leaf: CgroupLeaf, in tree: CgroupTree
  ) throws(KernelFileError) -> Before {
    guard tree.controllers.contains(.memory) else { return Before(slice: 0, root: 0) }
    return Before(
      slice: try ownOOMs(tree.root + "/" + leaf.slice) ?? 0, root: try ownOOMs(tree.root) ?? 0)
  }

  /// Reads three files, and two more for each cgroup above that has a limit.
  /// - Parameter before: nil where it is not known, after a restart of the agent.
  package static func read(
    _ leaf: CgroupLeaf, in tree: CgroupTree, since before: Before?
  ) throws(KernelFileError) -> CgroupDeath {
    let path = tree.path(of: leaf)
    let events = path + "/memory.events"
    var death = CgroupDeath(
      oomKills: nil, scope: .host, limit: try text(path + "/memory.max"),
      peak: try text(path + "/memory.peak").flatMap { UInt64($0) })
    guard let text = try KernelFile.read(events) else { return death }
    let values = try KeyedText.flat(text, path: events)
    death.oomKills = values["oom_kill"]
    guard death.oomKills ?? 0 > 0 else { return death }
    // An event is counted in the cgroup whose limit was hit, and in those above: a leaf that counts none was killed for
    // another's limit.
    if values["oom"] ?? 0 > 0 {
      death.scope = .leaf
    } else if let limit = try limitHit(tree.root + "/" + leaf.slice, before?.slice) {
      (death.scope, death.limit) = (.slice, limit)
    } else if let limit = try limitHit(tree.root, before?.root) {
      (death.scope, death.limit) = (.root, limit)
    }
    return death
  }

  /// The limit of a cgroup that has one and was over it since.
  private static func limitHit(
    _ path: String, _ before: UInt64?
  ) throws(KernelFileError) -> String? {
    guard let limit = try text(path + "/memory.max"), limit != "max",
      let now = try ownOOMs(path), now > before ?? 0
    else { return nil }
    return limit
  }

  /// `oom` of `memory.events.local` (5.2).
  private static func ownOOMs(_ path: String) throws(KernelFileError) -> UInt64? {
    let file = path + "/memory.events.local"
    guard let text = try KernelFile.read(file) else { return nil }
    return try KeyedText.flat(text, path: file)["oom"]
  }

  private static func text(_ path: String) throws(KernelFileError) -> String? {
    try KernelFile.read(path).map { String($0.prefix { $0 != "\n" }) }
  }
}
