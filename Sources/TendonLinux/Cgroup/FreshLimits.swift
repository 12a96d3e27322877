// SPDX-License-Identifier: Apache-2.0
package import TendonModel

/// What is written to a cgroup that was just made, and in which order: the same for all with the same resources, so that
/// it need not be worked out for each.
package struct FreshLimits: Sendable {
  /// What differs from the kernel's defaults, in the order of `Knob.all`.
  private let knobs: [Knob]
  /// Places in `knobs`, in the order in which they are written.
  private let order: [Int]
  /// By place in `knobs`: of controllers that the host does not have.
  private let absent: [Int: KnobReport]

  init(_ all: [Knob], controllers: Set<Controller>?) {
    let knobs = all.filter { !$0.isKernelDefault }
    self.knobs = knobs
    var absent: [Int: KnobReport] = [:]
    if let controllers {
      for (place, knob) in knobs.enumerated() where !controllers.contains(knob.controller) {
        absent[place] = knob.absent()
      }
    }
    self.absent = absent
    // Room in memory before all else; a burst after the quota that bounds it.
    func rank(_ place: Int) -> Int {
      let knob = knobs[place]
      return switch knob.controller {
      case .memory: MemoryLimits.raising.firstIndex(of: knob.file) ?? MemoryLimits.raising.count
      case .cpu: 100
      default: 200
      }
    }
    order = knobs.indices.filter { absent[$0] == nil }.sorted { (rank($0), $0) < (rank($1), $1) }
  }

  /// Writes each and reads it back. One that fails does not keep the others from being written.
  /// - Returns: one report for each knob, in the order of `Knob.all`.
  package func write(to leaf: CgroupFolder) -> [KnobReport] {
    var reports = absent
    for place in order { reports[place] = knobs[place].write(to: leaf) }
    return knobs.indices.compactMap { reports[$0] }
  }
}

extension LimitsWriter {
  /// What `apply` writes for these resources to any cgroup that was just made; nil where that depends on the cgroup or
  /// on what devices there are.
  package func fresh(_ resources: Resources, cores: CoreGrant) -> FreshLimits? {
    guard resources.io == IOResources() else { return nil }
    return FreshLimits(
      Knob.all(for: resources, storage: storage, cores: cores), controllers: controllers)
  }
}
