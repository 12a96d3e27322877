// SPDX-License-Identifier: Apache-2.0

package import TendonClient
package import TendonLinux
package import TendonModel

/// Everything an agent is told at its start.
package struct AgentConfiguration: Sendable {
  package var coordinator: ServerAddress
  /// The secret that lets this host into the cluster.
  package var joinToken: String
  package var host: HostID
  /// Records of placements and the lock; survives reboots. Absolute.
  package var stateDirectory: String
  /// tendon-init's socket; gone with a reboot. Absolute.
  package var runDirectory: String
  package var logDirectory: String
  /// Holds each placement's own folder. io limits apply to the disk behind it.
  package var workDirectory: String
  /// nil is `tendon` below the cgroup2 mount.
  package var cgroupRoot: String?
  /// Where others reach the instances of this host; nil is the address that the coordinator is reached from.
  package var advertisedAddress: String?
  package var labels: [String: String] = [:]
  /// What the host has to give out besides CPU, memory and cores.
  package var countables = Countables()
  /// Kept for the system: not handed out to instances.
  package var reservedCPU = MilliCPU.zero
  /// Default 64 MiB.
  package var reservedMemory = Bytes.mebibytes(64)
  /// Instead of what the host has; for tests and for hosts that are shared with something else.
  package var cpuOverride: MilliCPU?
  package var memoryOverride: Bytes?
  /// The program tendon-init.
  package var initPath: String
  /// Without these the agent does not start. Fewer only where limits don't matter, as in a measurement.
  package var requiredControllers = Controller.required
  /// What instances get as `PATH`.
  package var instancePath: String

  var initSocket: String { runDirectory + "/init.sock" }

  /// Holds the notify socket and nothing else, so that a sandbox may show it to an instance: what the next agent puts in
  /// its place is seen there too.
  var notifyDirectory: String { runDirectory + "/notify" }
  /// What is made of the images that instances run in.
  var imageDirectory: String { stateDirectory + "/images" }
  /// An empty directory that instances build their roots on, each unseen by all others.
  var sandboxStage: String { runDirectory + "/root" }
  /// An empty directory that instances mount their secrets on, each unseen by all others.
  var credentialsDirectory: String { runDirectory + "/credentials" }

  package init(
    coordinator: ServerAddress, joinToken: String, host: HostID, stateDirectory: String,
    runDirectory: String, initPath: String, instancePath: String
  ) {
    self.coordinator = coordinator
    self.joinToken = joinToken
    self.host = host
    self.stateDirectory = stateDirectory
    self.runDirectory = runDirectory
    logDirectory = stateDirectory + "/logs"
    workDirectory = stateDirectory + "/work"
    self.initPath = initPath
    self.instancePath = instancePath
  }
}
