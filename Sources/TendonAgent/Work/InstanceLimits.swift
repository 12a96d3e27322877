// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization
import TendonCore
import TendonLinux
import TendonModel

/// Brings limits into force: of a placement's cgroup, of its service's, of its directory, and whose cores are whose. All
/// calls block.
final class InstanceLimits: Sendable {
  /// What holds for all placements of this host; its lock is held while cores change hands, and never while memory is
  /// taken from somebody.
  struct State: Sendable {
    var cores: CorePool
    var shares = HostShares()
    /// Of placements that are about to be started, and are not in `shares` yet.
    var expected = HostShares()
    var leaves: [Epoch: Leaf] = [:]
    /// One for each service that has placements here.
    var slices: [ServiceName: ServiceSlice] = [:]
    /// The inode of each service's cgroup, as it was when the controllers were enabled in it.
    var enabled: [ServiceName: ino_t] = [:]

    /// nil when no placement of the service is here.
    func entitlement(of service: ServiceName) -> SliceShare? {
      shares.share(of: service, with: expected)
    }
  }

  struct Leaf: Sendable {
    var instance: InstanceID
    var path: String
  }

  let tree: CgroupTree
  let writer: LimitsWriter
  let quotas: DirectoryQuotas
  let workDirectory: String
  let state: Mutex<State>
  private let fresh = FreshLimitsCache()
  /// What the root of the tree was last given; nil before the first time.
  let rootShare = Mutex<SliceShare?>(nil)

  init(
    tree: CgroupTree, storage: InstanceStorage, workDirectory: String, cores: CPUList = CPUList([])
  ) {
    self.tree = tree
    self.workDirectory = workDirectory
    writer = LimitsWriter(storage: storage, controllers: Set(tree.controllers))
    quotas = DirectoryQuotas(folder: workDirectory)
    state = Mutex(State(cores: CorePool(all: cores)))
  }

  /// How many cores a coordinator may hand out; nil where the kernel has no cpuset.
  var exclusiveCores: Int? { state.withLock { $0.cores.capacity } }

  /// Whether a change may wait for memory to be given up.
  static func mayWait(_ resources: Resources, after previous: Resources?) -> Bool {
    guard let previous else { return true }
    return resources.memory.limit < previous.memory.limit
      || resources.serviceLimits.memory < previous.serviceLimits.memory
  }

  /// - Parameter previous: what was last applied; nil when that is not known.
  /// - Parameter isFresh: whether the cgroup was just made.
  /// - Parameter inode: of the service's cgroup, which has its controllers; nil where that is not known.
  func apply(
    _ placement: DesiredPlacement, to folder: CgroupFolder, previous: Resources?, isFresh: Bool,
    in inode: ino_t? = nil
  ) -> [KnobReport] {
    let resources = placement.resources
    let service = placement.instance.service
    let (grant, slice) = state.withLock { state in
      state.leaves[placement.epoch] = Leaf(instance: placement.instance, path: folder.path)
      if let inode { state.enabled[service] = inode }
      state.expected.remove(placement.epoch)
      state.shares.set(resources, of: placement.epoch, in: service)
      let slice = state.slices[service] ?? ServiceSlice(isNew: true)
      state.slices[service] = slice
      return (grantCores(resources.cores, to: placement.epoch, &state), slice)
    }
    let isForced = placement.isForced ?? false
    // What the service may use goes up before what the instance may use.
    var reports = apply(slice, of: service, inode: inode, isForced: isForced)
    protectRoot()
    if !resources.hugepages.isEmpty {
      // Where it can't be had, the limit's own report says so.
      try? tree.enable(.hugetlb, in: service)
    }
    reports = write(resources, grant, to: folder, previous, isFresh, isForced) + reports
    if resources.disk != .max || previous.map({ $0.disk != .max }) ?? false {
      reports.append(quotas.apply(resources.disk, to: directory(of: placement, create: true)))
    }
    return reports
  }

  private func write(
    _ resources: Resources, _ grant: CoreGrant, to folder: CgroupFolder, _ previous: Resources?,
    _ isFresh: Bool, _ isForced: Bool
  ) -> [KnobReport] {
    if isFresh, previous == nil, let limits = fresh.limits(resources, grant, writer) {
      return limits.write(to: folder)
    }
    return writer.apply(
      resources, to: folder, previous: previous,
      manner: .init(cores: grant, isFresh: isFresh, isForced: isForced))
  }

  /// The inode of a service's cgroup, if one made by this agent; controllers were enabled in it.
  func enabledSlice(of service: ServiceName) -> ino_t? {
    state.withLock { $0.enabled[service] }
  }

  /// What the kernel holds now, with what is used of it.
  func read(
    _ placement: DesiredPlacement, at path: String
  ) throws(KernelFileError) -> [KnobReport] {
    let service = placement.instance.service
    let (grant, share) = state.withLock { state in
      (
        currentGrant(placement.resources.cores, of: placement.epoch, state),
        state.entitlement(of: service)
      )
    }
    let reader = LimitsReader(storage: writer.storage)
    var reports = try reader.read(path, resources: placement.resources, cores: grant)
    reports.append(quotas.read(placement.resources.disk, of: directory(of: placement)))
    guard let share else { return reports }
    return reports
      + (try reader.read(tree.slice(of: service), share: share)).map { named($0, service) }
  }

  /// After the cgroup was removed: cores, shares and the directory's limit are free again.
  /// - Returns: what went wrong, in words.
  func release(_ placement: DesiredPlacement) -> [String] {
    let service = placement.instance.service
    var faults: [String] = []
    let (slice, isLast) = state.withLock { state in
      state.shares.remove(placement.epoch)
      state.expected.remove(placement.epoch)
      state.leaves[placement.epoch] = nil
      faults += releaseCores(of: placement.epoch, &state)
      let slice = state.slices[service]
      if state.shares.share(of: service) == nil {
        state.slices[service] = nil
        state.enabled[service] = nil
      }
      // Looked for only where it matters: a host may have thousands.
      let isLast =
        placement.resources.disk != .max
        && !state.leaves.values.contains { $0.instance == placement.instance }
      return (slice, isLast)
    }
    if let slice { _ = apply(slice, of: service, isForced: false) }
    protectRoot()
    if isLast, let directory = directory(of: placement),
      let fault = quotas.release(directory)
    {
      faults.append("its disk limit could not be taken away: \(fault)")
    }
    return faults
  }

  /// After a restart of the agent: what placements of this boot hold.
  /// - Returns: what went wrong, in words.
  func adopt(_ placements: [(placement: DesiredPlacement, path: String)]) -> [String] {
    var faults: [String] = []
    let slices = state.withLock { state in
      for (placement, path) in placements where access(path, F_OK) == 0 {
        let service = placement.instance.service
        state.leaves[placement.epoch] = Leaf(instance: placement.instance, path: path)
        state.shares.set(placement.resources, of: placement.epoch, in: service)
        state.slices[service] = state.slices[service] ?? ServiceSlice(isNew: false)
        guard placement.resources.cores != nil else { continue }
        do {
          try state.cores.adopt(
            try CpusetController.given(path) ?? CPUList([]), by: placement.epoch)
        } catch {
          faults.append("\(placement.instance): its cores could not be taken over: \(error)")
        }
      }
      return state.slices
    }
    for (service, slice) in slices { _ = apply(slice, of: service, isForced: false) }
    protectRoot()
    return faults
  }

  /// The instance's own directory; nil when it runs in another.
  private func directory(of placement: DesiredPlacement, create: Bool = false) -> String? {
    guard placement.spec.workdir == nil else { return nil }
    let directory = "\(workDirectory)/\(placement.instance)"
    // What can't be made now can't be made later either, and the start then says so.
    if create { try? Files.makeDirectory(directory) }
    return directory
  }
}
