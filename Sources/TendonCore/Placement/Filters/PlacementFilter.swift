// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// What can be asked of one host without the others.
package enum PlacementFilter {
  /// What labels the host lacks; nothing that comes or goes with its load.
  package static func labelRefusals(
    of wanted: [String: String], by host: PlacementHost
  ) -> [String] {
    wanted.sorted { $0.key < $1.key }.compactMap { key, value in
      LabelTerm(key, .isOne(of: [value])).refusal(of: host.labels)
    }
  }

  /// What speaks against reserving this much more on the host.
  package static func capacityRefusals(
    cpu: MilliCPU, memory: Bytes, by host: PlacementHost
  ) -> [String] {
    var refusals: [String] = []
    let freeCPU = host.capacity.cpu - host.reservedCPU
    if cpu > .zero, cpu > freeCPU {
      refusals.append(
        "needs \(cpu) CPU, \(max(freeCPU, .zero)) of \(host.capacity.cpu) is free")
    }
    let freeMemory = host.capacity.memory - host.reservedMemory
    if memory > .zero, memory > freeMemory {
      refusals.append(
        "needs \(memory) memory, \(max(freeMemory, .zero).rounded) "
          + "of \(host.capacity.memory.rounded) is free")
    }
    return refusals
  }

  /// What speaks against giving this many more cores to one instance alone.
  package static func coreRefusals(cores: Int, by host: PlacementHost) -> [String] {
    guard cores > 0 else { return [] }
    guard let all = host.exclusiveCores else {
      return ["has no cpuset controller, which exclusive cores need"]
    }
    let free = max(0, all - host.reservedCores)
    return cores > free
      ? ["needs \(counted(cores, "exclusive core")), \(free) of \(all) free"]
      : []
  }
}
