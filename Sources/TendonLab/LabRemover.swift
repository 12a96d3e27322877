// SPDX-License-Identifier: Apache-2.0
import SystemPackage

/// Takes a lab away, whole or half made. May be run again at any point.
struct LabRemover {
  let store: LabStore

  func remove() throws(LabError) {
    // Without the folder for labs there is no lab, and no lock either.
    guard LabFile.exists(store.directory) else { return }
    try store.locked { () throws(LabError) in
      guard let state = try store.readIfPresent() else {
        return try LabFile.removeTree(store.paths.root)
      }
      try removeLocked(state)
    }
  }

  /// The order: mark, end processes, then what they used, then the record of them.
  func removeLocked(_ state: LabState) throws(LabError) {
    var ending = state
    ending.phase = .ending
    try store.write(ending)
    for process in state.processes { try process.killAll() }
    if state.driver == .netns { try NamespaceHost.removeAll(state) }
    try LabNetwork.remove(namespace: state.namespace, subnet: state.subnet)
    try LabFile.removeTree(store.paths.root)
  }
}
