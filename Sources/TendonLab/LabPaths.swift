// SPDX-License-Identifier: Apache-2.0
package import SystemPackage

/// Where a lab keeps what on the machine.
package struct LabPaths: Sendable {
  /// `DIRECTORY/NAME`; removed by `down`.
  package let root: FilePath
  /// Held while the lab is changed; beside the folder, as that is removed.
  let lock: FilePath
  let state: FilePath
  /// The coordinator's data folder.
  package let coordinator: FilePath

  init(directory: FilePath, name: String) {
    root = directory.appending(name)
    lock = directory.appending(name + ".lock")
    state = root.appending("lab.json")
    coordinator = root.appending("coordinator")
  }

  package var joinToken: FilePath { coordinator.appending("join-token") }
  package var apiToken: FilePath { coordinator.appending("api-token") }
  package var coordinatorLog: FilePath { root.appending("coordinator.log") }
  var firewallRules: FilePath { root.appending("faults.nft") }

  package func host(_ name: String) -> HostPaths {
    HostPaths(root: root.appending("hosts").appending(name))
  }
}

/// Where one host's files are on the machine. The same folders are at `GuestPaths` in the host.
package struct HostPaths: Sendable {
  package let root: FilePath

  /// The agent's state folder; survives a power loss as far as it was synchronised.
  package var state: FilePath { root.appending("state") }
  /// The ext4 image behind /dev/ubdb.
  package var disk: FilePath { root.appending("disk.img") }
  /// What a namespace host has in place of a disk.
  var diskFolder: FilePath { root.appending("disk") }
  package var console: FilePath { root.appending("console.log") }
  package var agentLog: FilePath { root.appending("agent.log") }
  /// Where the lab and the host's init leave each other messages.
  var box: FilePath { root.appending("box") }
  var requests: FilePath { box.appending("requests") }
  var results: FilePath { box.appending("results") }
  var guestConfiguration: FilePath { box.appending("guest.json") }
  var ready: FilePath { box.appending("ready.json") }
  var joinToken: FilePath { box.appending("join-token") }
  /// UML's own runtime files (its pid, its console socket).
  var umlRuntime: FilePath { root.appending("uml") }
}

/// Where a host finds its folders; all below a tmpfs of its own.
package enum GuestPaths {
  package static let state: FilePath = "/run/lab/state"
  /// A file system on a block device of the host's own, so that io limits have something to limit.
  package static let disk: FilePath = "/run/lab/disk"
  package static let logs: FilePath = "/run/lab/disk/logs"
  static let box: FilePath = "/run/lab/box"
}
