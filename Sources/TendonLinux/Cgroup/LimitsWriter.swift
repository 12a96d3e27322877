// SPDX-License-Identifier: Apache-2.0
package import TendonModel

/// Brings the limits of one placement, or of one service's cgroup, into force: writes each file, reads it back and
/// compares.
///
/// Blocks, in the worst case for `shrinkDeadline` and a little more: keep it off the cooperative threads.
package struct LimitsWriter: Sendable {
  package static let defaultShrinkDeadline = Span.seconds(2)

  /// How a set of limits is to be applied.
  package struct Manner: Hashable, Sendable {
    package var cores = CoreGrant.shared
    /// Whether the cgroup was just made: what is the kernel's default needs no writing and is not reported.
    package var isFresh = false
    /// Whether a lower memory limit is wanted even where the kernel kills for it.
    package var isForced = false

    package init(cores: CoreGrant = .shared, isFresh: Bool = false, isForced: Bool = false) {
      self.cores = cores
      self.isFresh = isFresh
      self.isForced = isForced
    }
  }

  package var storage: InstanceStorage
  /// How long memory may take to get below a lower limit. A longer time lets larger shrinks through and keeps the
  /// calling thread waiting.
  package var shrinkDeadline: Span

  /// What the cgroups are governed by; of others, no files are looked for. nil: that is not known.
  package var controllers: Set<Controller>?

  package init(
    storage: InstanceStorage, controllers: Set<Controller>? = nil,
    shrinkDeadline: Span = defaultShrinkDeadline
  ) {
    self.storage = storage
    self.controllers = controllers
    self.shrinkDeadline = shrinkDeadline
  }

  /// Writes what `resources` want that is not so yet. A file that fails does not keep the others from being written;
  /// its report says why.
  ///
  /// More memory comes first and less memory last, so that a change which gives and takes never leaves the instance
  /// with less of everything. Memory that is in use is never taken: see `MemoryLimits`.
  /// - Parameter leaf: the cgroup.
  /// - Parameter previous: what was last applied; its files are only read, and written again where the kernel holds
  ///   something else. What is the kernel's default and stays so is left out.
  /// - Returns: one report for each knob, in the order of `Knob.all`.
  package func apply(
    _ resources: Resources, to leaf: CgroupFolder, previous: Resources? = nil,
    manner: Manner = Manner()
  ) -> [KnobReport] {
    let path = leaf.path
    if manner.isFresh, previous == nil {
      let all = Knob.all(for: resources, storage: storage, cores: manner.cores, leaf: path)
      return FreshLimits(all, controllers: controllers).write(to: leaf)
    }
    let held = manner.isFresh || previous != nil ? "" : heldDevices(at: path)
    let knobs = Knob.all(
      for: resources, previous: previous, storage: storage, cores: manner.cores, leaf: path,
      held: held)
    let known = previous.map {
      Knob.all(for: $0, storage: storage, cores: manner.cores, leaf: path)
    }
    return apply(knobs, known: known, to: leaf, manner)
  }

  /// The same of a cgroup that is named by its path.
  package func apply(
    _ resources: Resources, to leaf: String, previous: Resources? = nil, manner: Manner = Manner()
  ) -> [KnobReport] {
    apply(resources, to: CgroupFolder(leaf), previous: previous, manner: manner)
  }

  /// Writes what a service's own cgroup is entitled to, as `apply` does for a placement.
  package func apply(
    _ share: SliceShare, to slice: String, previous: SliceShare? = nil, manner: Manner = Manner()
  ) -> [KnobReport] {
    let held = manner.isFresh || previous != nil ? "" : heldDevices(at: slice)
    let knobs = Knob.all(
      for: share, previous: previous, storage: storage, slice: slice, held: held)
    let known = previous.map { Knob.all(for: $0, storage: storage, slice: slice) }
    return apply(knobs, known: known, to: CgroupFolder(slice), manner)
  }

  /// From before this agent devices may have limits that nobody remembers.
  private func heldDevices(at path: String) -> String {
    // A file that can't be read is told with its knob.
    (try? KernelFile.read(path + "/io.max")).flatMap { $0 } ?? ""
  }

  private func apply(
    _ all: [Knob], known: [Knob]?, to leaf: CgroupFolder, _ manner: Manner
  ) -> [KnobReport] {
    var before: [String: Knob] = [:]
    for knob in known ?? [] { before[knob.name] = knob }
    let knobs = all.filter { knob in
      guard knob.isKernelDefault else { return true }
      if manner.isFresh { return false }
      guard known != nil else { return true }
      return before[knob.name].map { !$0.isKernelDefault } ?? true
    }
    var reports: [String: KnobReport] = [:]
    if let controllers {
      for knob in knobs where !controllers.contains(knob.controller) {
        reports[knob.name] = knob.absent()
      }
    }
    for knob in knobs where before[knob.name] == knob && reports[knob.name] == nil {
      let report = knob.report(at: leaf, wasWritten: knob.wanted != nil)
      if report.isInForce || report.readBack == nil { reports[knob.name] = report }
    }
    let changed = knobs.filter { reports[$0.name] == nil }
    let memory = MemoryLimits(
      leaf: leaf, knobs: changed.filter { $0.controller == .memory }, deadline: shrinkDeadline,
      isForced: manner.isForced, isFresh: manner.isFresh)
    let others = changed.filter { $0.controller != .memory && $0.controller != .cpu }
    let cpu = changed.filter { $0.controller == .cpu }
    if !memory.isShrink { reports.merge(memory.raise()) { _, new in new } }
    for knob in CPUController.order(cpu, at: leaf) + others {
      reports[knob.name] = knob.write(to: leaf)
    }
    if memory.isShrink { reports.merge(memory.shrink()) { _, new in new } }
    return knobs.compactMap { reports[$0.name] }
  }
}
