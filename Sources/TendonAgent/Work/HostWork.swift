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

  /// What a spawn needs; its descriptors are closed with `close`.
  struct Prepared: Sendable {
    var limits: LimitsOutcome
    var oomKills: UInt64
    var directory: String
    var cgroup: FileDescriptor
    var input: FileDescriptor
    var output: FileDescriptor
    var error: FileDescriptor

    func close() {
      // Only EIO could come of it, for files that nothing was written to here.
      for descriptor in [cgroup, input, output, error] { try? descriptor.close() }
    }
  }

  func leaf(of placement: DesiredPlacement) -> CgroupLeaf {
    CgroupLeaf(instance: placement.instance, epoch: placement.epoch)
  }

  func path(of placement: DesiredPlacement) -> String { tree.path(of: leaf(of: placement)) }

  /// Makes the cgroup with its limits in force, the folders and the logs.
  func prepare(
    _ placement: DesiredPlacement, user: UserIdentity?
  ) throws(StartError) -> Prepared {
    let leaf = leaf(of: placement)
    let path: String
    do {
      // Always a fresh one: kernels with the first version of `kill_seq` (6.14, and back in 6.1) kill whatever is
      // born by CLONE_INTO_CGROUP in a cgroup whose cgroup.kill was ever written. It is empty by now.
      try tree.remove(leaf)
      path = try tree.create(leaf)
    } catch {
      throw StartError("cgroup", error)
    }
    let limits = applyLimits(
      placement.resources, revision: placement.resourcesRevision, to: path, previous: nil)
    let oomKills: UInt64
    do { oomKills = try CgroupUsage.oomKills(path) ?? 0 } catch {
      throw StartError("cgroup", error, limits: limits)
    }
    do {
      let directory = try workFolder(of: placement, user: user)
      var opened: [FileDescriptor] = []
      do {
        opened.append(FileDescriptor(rawValue: try openCgroup(leaf)))
        opened.append(FileDescriptor(rawValue: try Files.open("/dev/null", O_RDONLY)))
        for stream in [LogRequest.Stream.stdout, .stderr] {
          opened.append(FileDescriptor(rawValue: try openLog(of: placement, stream)))
        }
        try noteRun(of: placement)
        return Prepared(
          limits: limits, oomKills: oomKills, directory: directory, cgroup: opened[0],
          input: opened[1], output: opened[2], error: opened[3])
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

  private func openCgroup(_ leaf: CgroupLeaf) throws(CgroupError) -> Int32 {
    try tree.openFolder(of: leaf)
  }

  private func workFolder(
    of placement: DesiredPlacement, user: UserIdentity?
  ) throws(StateError) -> String {
    if let directory = placement.spec.workdir { return directory }
    let directory = "\(workDirectory)/\(placement.instance)"
    try Files.makeDirectory(directory)
    if let user, chown(directory, user.uid, user.gid) != 0 {
      throw .file(call: "chown", path: directory, errno: errno)
    }
    return directory
  }

  /// Writes and reads back. What could not be brought into force is told in the reports.
  func applyLimits(
    _ resources: Resources, revision: Revision, to path: String, previous: Resources?
  ) -> LimitsOutcome {
    let clock = ContinuousClock()
    let begin = clock.now
    let knobs = LimitsWriter(storage: storage).apply(resources, to: path, previous: previous)
    let time = begin.duration(to: clock.now)
    return LimitsOutcome(
      revision: revision, microseconds: time.wholeNanoseconds / 1000, knobs: knobs)
  }

  func persist(_ memory: PlacementMemory) throws(StateError) {
    try records.write(PlacementRecordFile(bootID: bootID, memory: memory))
  }
}
