// SPDX-License-Identifier: Apache-2.0
package import TendonModel

/// Shows the limits of one placement as the kernel holds them right now, with what is used of them.
package struct LimitsReader: Sendable {
  package var storage: InstanceStorage

  package init(storage: InstanceStorage) { self.storage = storage }

  /// Changes nothing.
  /// - Parameter leaf: the cgroup's path.
  /// - Parameter resources: those last applied; what is read is held against them.
  /// - Throws: when a file of use says something that can't be understood. A limit that can't be read is
  ///   told in its report.
  package func read(_ leaf: String, resources: Resources) throws(KernelFileError) -> [KnobReport] {
    var reports: [KnobReport] = []
    for knob in Knob.all(for: resources, storage: storage) {
      var report = knob.report(at: leaf, wasWritten: knob.wanted != nil)
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
    }
  }
}
