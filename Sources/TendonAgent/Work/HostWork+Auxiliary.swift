// SPDX-License-Identifier: Apache-2.0

import Glibc
import SystemPackage
import TendonCore
import TendonLinux
import TendonModel

/// What is done to the host for a command that runs beside an instance's program.
extension HostWork {
  /// Makes its cgroup, at the path that is returned, below the placement's and opens what it writes to: the instance's
  /// logs, or nothing.
  /// - Parameter makesLeaf: whether the placement's own cgroup is made, with its limits, where it is not there.
  func prepareAuxiliary(
    _ name: String, of placement: DesiredPlacement, _ material: SandboxMaterial, makesLeaf: Bool,
    isLogged: Bool
  ) throws(StartError) -> (path: String, files: SpawnFiles) {
    let leaf = leaf(of: placement)
    let cgroup: (path: String, folder: Int32)
    do {
      let path = tree.path(of: leaf)
      if makesLeaf, access(path, F_OK) != 0 {
        _ = try tree.create(leaf)
        // What could not be brought into force is told with the start.
        _ = applyLimits(placement, to: CgroupFolder(path), previous: nil, isFresh: true)
      }
      cgroup = try tree.openAuxiliary(name, of: leaf)
    } catch {
      throw StartError("cgroup", error)
    }
    var opened = [FileDescriptor(rawValue: cgroup.folder)]
    do {
      let directory = try workFolder(
        of: placement, user: material.user, hasView: material.hasView)
      let input = try input.descriptor()
      for stream in [LogRequest.Stream.stdout, .stderr] {
        let file =
          isLogged
          ? try logs.open(placement.instance, placement.epoch, stream)
          : try Files.open("/dev/null", O_WRONLY)
        opened.append(FileDescriptor(rawValue: file))
      }
      return (cgroup.path, SpawnFiles(directory: directory, input: input, opened))
    } catch {
      // Nothing was written to them.
      for descriptor in opened { try? descriptor.close() }
      throw StartError("files", "\(error)")
    }
  }
}
