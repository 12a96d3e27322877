// SPDX-License-Identifier: Apache-2.0

/// What one cgroup has used, and whether something runs in it.
package struct CgroupUsage: Hashable, Sendable {
  /// CPU time since the cgroup was made, in microseconds.
  package var cpuMicroseconds: UInt64
  /// nil without the memory controller.
  package var memoryBytes: UInt64?
  /// Processes the kernel killed for memory; nil without the memory controller.
  package var oomKills: UInt64?
  package var isPopulated: Bool

  package init(
    cpuMicroseconds: UInt64, memoryBytes: UInt64?, oomKills: UInt64?, isPopulated: Bool
  ) {
    self.cpuMicroseconds = cpuMicroseconds
    self.memoryBytes = memoryBytes
    self.oomKills = oomKills
    self.isPopulated = isPopulated
  }

  /// Reads four files, about 20 us on a machine of its own.
  /// - Returns: nil when the cgroup is gone.
  package static func read(_ path: String) throws(KernelFileError) -> CgroupUsage? {
    guard let events = try CgroupEvents.read(path) else { return nil }
    let stat = path + "/cpu.stat"
    guard let text = try KernelFile.read(stat) else { return nil }
    let cpu = try KeyedText.value("usage_usec", of: KeyedText.flat(text, path: stat), path: stat)
    return CgroupUsage(
      cpuMicroseconds: cpu, memoryBytes: try MemoryController.number("memory.current", at: path),
      oomKills: try oomKills(path), isPopulated: events.isPopulated)
  }

  /// How many processes of a cgroup the kernel killed for memory so far; nil when that is not known. Read it
  /// before the cgroup is removed: an instance died of memory when this rose and its end was SIGKILL.
  package static func oomKills(_ path: String) throws(KernelFileError) -> UInt64? {
    let file = path + "/memory.events"
    guard let text = try KernelFile.read(file) else { return nil }
    return try KeyedText.value("oom_kill", of: KeyedText.flat(text, path: file), path: file)
  }
}

/// `cgroup.events`.
package struct CgroupEvents: Hashable, Sendable {
  /// Whether the cgroup or one below it has a living process.
  package var isPopulated: Bool
  package var isFrozen: Bool

  package init(parsing text: String, path: String) throws(KernelFileError) {
    let values = try KeyedText.flat(text, path: path)
    isPopulated = try KeyedText.value("populated", of: values, path: path) != 0
    // Since 5.2; a kernel without it can't freeze.
    isFrozen = values["frozen"].map { $0 != 0 } ?? false
  }

  /// nil when the cgroup is gone.
  package static func read(_ path: String) throws(KernelFileError) -> CgroupEvents? {
    let file = path + "/cgroup.events"
    guard let text = try OpenKernelFile.reading(file)?.read() else { return nil }
    return try CgroupEvents(parsing: text, path: file)
  }
}
