// SPDX-License-Identifier: Apache-2.0
import Glibc
import SystemPackage

/// Takes a lab away, whole or half made. May be run again at any point.
struct LabRemover {
  let store: LabStore

  func remove() throws(LabError) {
    // Without the folder for labs there is no lab, and no lock either.
    guard LabFile.exists(store.directory) else { return }
    try store.locked { () throws(LabError) in
      if let state = try store.readIfPresent() { try removeLocked(state) }
      try LabFile.removeTree(store.paths.root)
      try LabFile.remove(store.paths.lock)
    }
  }

  /// The order: mark, end processes, then what they used, then the record of them.
  func removeLocked(_ state: LabState) throws(LabError) {
    var ending = state
    ending.phase = .ending
    try store.write(ending)
    for process in state.processes { try process.killAll() }
    for process in try strays() { try process.killAll() }
    if state.driver == .netns { try NamespaceHost.removeAll(state) }
    try LabNetwork.remove(namespace: state.namespace, subnet: state.subnet)
    // EINVAL: it was never mounted, or is gone.
    if state.coordinatorDiskBytes != nil {
      umount2(store.paths.coordinator.string, Int32(MNT_DETACH))
    }
    try LabFile.removeTree(store.paths.root)
  }

  /// Hosts and coordinators of this lab that were started but not written down, because the lab's
  /// own process was killed in between: session leaders with this lab's folder in their arguments.
  private func strays() throws(LabError) -> [ProcessRecord] {
    let ours = ["uml_dir=\(store.paths.root)/hosts/", "\(store.paths.coordinator)"]
    var found: [ProcessRecord] = []
    for entry in try ProcessEntry.all() where entry.session == entry.pid && !entry.hasEnded {
      // A process that ends meanwhile has no arguments left; it is no concern of ours then.
      let words = (try? LabFile.text(FilePath("/proc/\(entry.pid)/cmdline"))) ?? ""
      let arguments = words.split(separator: "\0")
      guard let program = arguments.first,
        program.hasSuffix("linux.uml") || program.hasSuffix("tendon-coordinator")
          || program.hasSuffix("nsenter") || program.hasSuffix("taskset"),
        arguments.contains(where: { $0.hasPrefix(ours[0]) || $0 == ours[1] })
      else { continue }
      found.append(try ProcessRecord(entry))
    }
    return found
  }
}
