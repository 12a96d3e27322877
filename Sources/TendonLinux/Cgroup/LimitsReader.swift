// SPDX-License-Identifier: Apache-2.0
package import TendonModel

/// Shows the limits of one placement as the kernel holds them right now, with what is used of them.
package struct LimitsReader: Sendable {
  package var storage: InstanceStorage

  package init(storage: InstanceStorage) { self.storage = storage }

  /// Every knob there is, also those that nothing was asked of. Changes nothing.
  /// - Parameter leaf: the cgroup's path.
  /// - Parameter resources: those last applied; what is read is held against them.
  /// - Throws: when a file of use says something that can't be understood. A limit that can't be read is
  ///   told in its report.
  package func read(
    _ leaf: String, resources: Resources, cores: CoreGrant = .shared
  ) throws(KernelFileError) -> [KnobReport] {
    try read(
      Knob.all(for: resources, storage: storage, cores: cores, leaf: leaf), at: leaf)
  }

  /// The same of a service's own cgroup.
  package func read(
    _ slice: String, share: SliceShare
  ) throws(KernelFileError) -> [KnobReport] {
    try read(Knob.all(for: share, storage: storage, slice: slice), at: slice)
  }

  private func read(_ knobs: [Knob], at leaf: String) throws(KernelFileError) -> [KnobReport] {
    let folder = CgroupFolder(leaf)
    var reports: [KnobReport] = []
    for knob in knobs {
      var report = knob.report(at: folder, wasWritten: knob.wanted != nil)
      report.use = try use(of: knob, at: leaf)
      reports.append(report)
    }
    return reports
  }

  private func use(of knob: Knob, at leaf: String) throws(KernelFileError) -> String? {
    switch knob.controller {
    case .cpu: try CPUController.use(of: knob.file, at: leaf)
    case .memory: try MemoryController.use(of: knob.file, at: leaf)
    case .io: try IOController.use(of: knob, at: leaf)
    case .pids: try PidsController.use(of: knob.file, at: leaf)
    case .cpuset: try CpusetController.use(of: knob.file, at: leaf)
    case .hugetlb: try HugetlbController.use(of: knob.file, at: leaf)
    }
  }
}
