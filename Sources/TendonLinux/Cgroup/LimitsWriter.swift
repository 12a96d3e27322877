// SPDX-License-Identifier: Apache-2.0
package import TendonModel

/// Brings the limits of one placement into force: writes each file, reads it back and compares.
///
/// Blocks, in the worst case for `shrinkDeadline` and a little more: keep it off the cooperative threads.
package struct LimitsWriter: Sendable {
  package static let defaultShrinkDeadline = Span.seconds(2)

  package var storage: InstanceStorage
  /// How long memory may take to get below a lower limit. A longer time lets larger shrinks through and keeps the
  /// calling thread, and so other resizes of the host, waiting.
  package var shrinkDeadline: Span

  package init(storage: InstanceStorage, shrinkDeadline: Span = defaultShrinkDeadline) {
    self.storage = storage
    self.shrinkDeadline = shrinkDeadline
  }

  /// Writes what `resources` want that is not so yet. A file that fails does not keep the others from being written;
  /// its report says why.
  ///
  /// More memory comes first and less memory last, so that a change which gives and takes never leaves the instance
  /// with less of everything. Memory that is in use is never taken: see `MemoryShrink`.
  /// - Parameter leaf: the cgroup's path.
  /// - Parameter previous: what was last applied; its files are only read, and written again where the kernel holds
  ///   something else.
  /// - Returns: one report for each knob, in the order of `Knob.all`.
  package func apply(
    _ resources: Resources, to leaf: String, previous: Resources? = nil
  ) -> [KnobReport] {
    let knobs = Knob.all(for: resources, previous: previous, storage: storage)
    let known = previous.map { Knob.all(for: $0, storage: storage) } ?? []
    var reports: [String: KnobReport] = [:]
    for knob in knobs where known.contains(knob) {
      let report = knob.report(at: leaf, wasWritten: knob.wanted != nil)
      if report.isInForce || report.readBack == nil { reports[knob.file] = report }
    }
    let changed = knobs.filter { reports[$0.file] == nil }
    let memory = MemoryLimits(
      leaf: leaf, knobs: changed.filter { $0.controller == .memory }, deadline: shrinkDeadline)
    let others = changed.filter { $0.controller != .memory }
    if !memory.isShrink { reports.merge(memory.raise()) { _, new in new } }
    for knob in others { reports[knob.file] = knob.write(to: leaf) }
    if memory.isShrink { reports.merge(memory.shrink()) { _, new in new } }
    return knobs.compactMap { reports[$0.file] }
  }
}
