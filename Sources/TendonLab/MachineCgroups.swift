// SPDX-License-Identifier: Apache-2.0
import SystemPackage

/// The machine's cgroup v2 tree, as far as the lab needs it to choose a driver.
enum MachineCgroups {
  static let wanted = ["cpu", "memory", "io", "pids"]

  /// Where cgroup2 is mounted (proc(5): field 5 of mountinfo is the mount point, the type follows
  /// the lone dash).
  static func mountPoint() throws(LabError) -> FilePath? {
    guard let text = try LabFile.text("/proc/self/mountinfo") else { return nil }
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard let dash = fields.firstIndex(of: "-"), fields.count > dash + 1, fields.count > 4 else {
        continue
      }
      if fields[dash + 1] == "cgroup2" { return FilePath(String(fields[4])) }
    }
    return nil
  }

  /// What the netns driver misses, each with the way to get it.
  static func missingControllers() -> [LabRequirement] {
    do throws(LabError) {
      guard let mount = try mountPoint() else {
        return [
          LabRequirement(
            what: "no cgroup2 file system is mounted",
            remedy: "boot with systemd.unified_cgroup_hierarchy=1, or use --driver uml")
        ]
      }
      let text = try LabFile.text(mount.appending("cgroup.controllers")) ?? ""
      let present = text.split { $0 == " " || $0 == "\n" }.map(String.init)
      let absent = wanted.filter { !present.contains($0) }
      guard !absent.isEmpty else { return [] }
      return [
        LabRequirement(
          what: "\(mount) lacks the cgroup v2 controllers \(absent.joined(separator: ", "))",
          remedy: "boot with systemd.unified_cgroup_hierarchy=1 cgroup_no_v1=all, "
            + "or use --driver uml")
      ]
    } catch {
      return [LabRequirement(what: "\(error)", remedy: "use --driver uml")]
    }
  }
}
