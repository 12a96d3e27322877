// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import TendonCore
import TendonLinux
import TendonModel

/// What is done to the host for one placement, all of it blocking: cgroup, limits, folders, records.
struct HostWork: Sendable {
  let tree: CgroupTree
  let storage: InstanceStorage
  let logs: LogFiles
  let records: RecordStore
  let bootID: String
  /// Holds each instance's own folder, which outlives its placements.
  let workDirectory: String
  let sandboxHost: SandboxHost
  let limits: InstanceLimits
  let images: ImageStore
  let lease: LeaseHolder
  /// What instances read from.
  let input = NullInput()

  /// What a spawn needs, and what has been done for it.
  struct Prepared: Sendable {
    var limits: LimitsOutcome
    var run: RunStart
    var files: SpawnFiles
    /// Whether the instance has left output on this host before.
    var hasOlderLogs: Bool
  }

  func leaf(of placement: DesiredPlacement) -> CgroupLeaf {
    CgroupLeaf(instance: placement.instance, epoch: placement.epoch)
  }

  func path(of placement: DesiredPlacement) -> String { tree.path(of: leaf(of: placement)) }

  /// Makes the cgroup with its limits in force, the folders and the logs.
  func prepare(_ launch: Launch) throws(StartError) -> Prepared {
    let placement = launch.placement
    let leaf = leaf(of: placement)
    let slice: ino_t?
    do {
      slice = try makeCgroup(leaf)
    } catch {
      throw StartError("cgroup", error)
    }
    let folder = CgroupFolder(tree.path(of: leaf))
    let limits = applyLimits(placement, to: folder, previous: nil, isFresh: true, in: slice)
    if let refusal = InstanceLimits.refusalOfCores(in: limits.knobs) {
      throw StartError("cores", refusal, limits: limits)
    }
    let memory: CgroupDeath.Before
    do {
      memory = try CgroupDeath.before(leaf, in: tree)
    } catch {
      throw StartError("cgroup", error, limits: limits)
    }
    do {
      let directory = try workFolder(of: placement, user: launch.user, hasView: launch.hasView)
      var isFirst = false
      var opened: [FileDescriptor] = []
      do {
        let input = try input.descriptor()
        opened.append(FileDescriptor(rawValue: try folder.take()))
        for stream in [LogRequest.Stream.stdout, .stderr] {
          opened.append(
            FileDescriptor(rawValue: try openLog(of: placement, stream, isFirst: &isFirst)))
        }
        let sizes = OutputTail.sizes(of: opened[1...].map(\.rawValue))
        return Prepared(
          limits: limits, run: RunStart(memory: memory, logSizes: sizes),
          files: SpawnFiles(directory: directory, input: input, opened),
          hasOlderLogs: !isFirst)
      } catch {
        // Nothing was written to them.
        for descriptor in opened { try? descriptor.close() }
        throw error
      }
    } catch let error as CgroupError {
      throw StartError("cgroup", error, limits: limits)
    } catch {
      throw StartError("files", "\(error)", limits: limits)
    }
  }

  /// How long the kernel may take to end the processes of one cgroup.
  private static var killDeadline: Span { .seconds(10) }

  /// Always a fresh one: kernels with the first version of `kill_seq` (6.14, and back in 6.1) kill whatever is born by
  /// CLONE_INTO_CGROUP in a cgroup whose cgroup.kill was ever written. As a rule it is empty by now.
  /// - Returns: the inode of the service's cgroup, where it is known.
  private func makeCgroup(_ leaf: CgroupLeaf) throws(CgroupError) -> ino_t? {
    let known = limits.enabledSlice(of: leaf.instance.service)
    if let slice = try tree.createNew(leaf, knownSlice: known) { return slice }
    try removeOld(leaf)
    _ = try tree.create(leaf)
    return nil
  }

  /// A process is in it when tendon-init died between starting it and saying so: nobody knows it, and it must not run
  /// beside the one that comes.
  private func removeOld(_ leaf: CgroupLeaf) throws(CgroupError) {
    do throws(CgroupError) {
      try tree.remove(leaf)
    } catch .cannotRemove(_, EBUSY) {
      try CgroupEnd.kill(tree.path(of: leaf), waitingUpTo: Self.killDeadline)
      try tree.remove(leaf)
    }
  }

  /// An instance's own folder.
  func folder(of instance: InstanceID) -> String { "\(workDirectory)/\(instance)" }

  /// Where the program starts. The instance's own folder is made where it is that, or part of the instance's view.
  func workFolder(
    of placement: DesiredPlacement, user: UserIdentity?, hasView: Bool
  ) throws(StateError) -> String {
    let folder = folder(of: placement.instance)
    if placement.spec.workdir == nil || hasView {
      try Files.makeDirectory(folder)
      if let user {
        if placement.spec.user == Sandbox.dynamicUser {
          try Files.handOver(folder, to: user.uid, ofUsersIn: UserPool.range)
        }
        try Files.give(folder, to: user.uid, user.gid)
      }
    }
    return directory(of: placement)
  }

  /// Where the program starts.
  func directory(of placement: DesiredPlacement) -> String {
    placement.spec.workdir ?? folder(of: placement.instance)
  }

  /// Writes and reads back. What could not be brought into force is told in the reports.
  /// - Parameter isFresh: whether the cgroup was just made.
  /// - Parameter slice: the inode of the service's cgroup, which has its controllers; nil where that is not known.
  func applyLimits(
    _ placement: DesiredPlacement, to folder: CgroupFolder, previous: Resources?,
    isFresh: Bool = false, in slice: ino_t? = nil
  ) -> LimitsOutcome {
    let clock = ContinuousClock()
    let begin = clock.now
    let knobs = limits.apply(
      placement, to: folder, previous: previous, isFresh: isFresh, in: slice)
    let time = begin.duration(to: clock.now)
    return LimitsOutcome(
      revision: placement.resourcesRevision, microseconds: time.wholeNanoseconds / 1000,
      knobs: knobs)
  }

  func record(of memory: PlacementMemory) -> RememberedPlacement {
    RememberedPlacement(bootID: bootID, memory: memory)
  }
}
