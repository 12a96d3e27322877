// SPDX-License-Identifier: Apache-2.0

import CLinux
import TendonClient
import TendonLinux
import TendonModel
import TendonSystemd

/// What an agent stands on: its directories and lock, the cgroup tree, facts of the host.
struct Ground: Sendable {
  let lock: StateLock
  let work: HostWork
  let bootID: BootID
  let home: InstanceHome
  /// The cgroup in which tendon-init is born.
  let holder: InstanceHome.Holder

  /// Blocks.
  /// - Throws: with one message that says what is missing.
  static func prepare(
    _ configuration: AgentConfiguration, _ blocking: Blocking
  ) throws(AgentError) -> Ground {
    let lock: StateLock
    let records: RecordStore
    do {
      try Files.makeDirectory(configuration.stateDirectory, mode: 0o700)
      // For what is made below in it. Only a hint, which some file systems do without.
      _ = tendon_spread_subdirectories(configuration.stateDirectory)
      // Users other than root pass through it to their instances' folders; what is the agent's is closed by itself.
      try Files.makeDirectory(configuration.logDirectory, mode: 0o700)
      if configuration.logDirectory.hasPrefix(configuration.stateDirectory + "/") {
        try Files.setMode(configuration.logDirectory, 0o700)
      }
      try Files.setMode(configuration.stateDirectory, 0o711)
      lock = try StateLock(directory: configuration.stateDirectory)
      records = RecordStore(stateDirectory: configuration.stateDirectory)
      // Instances' view of an image is made by root; nobody else has business there.
      try Files.makeDirectory(configuration.imageDirectory, mode: 0o700)
      for directory in [
        configuration.runDirectory, configuration.workDirectory, configuration.notifyDirectory,
        configuration.sandboxStage, configuration.credentialsDirectory,
      ] { try Files.makeDirectory(directory) }
    } catch {
      throw .state(error)
    }
    let home: InstanceHome
    do {
      home = InstanceHome(
        root: configuration.cgroupRoot, isUnit: ServiceManager.runsThis,
        in: try CgroupMount.discover(), required: configuration.requiredControllers)
    } catch {
      throw .cgroup(error)
    }
    let holder = try home.prepare()
    do throws(AgentError) {
      return try prepare(
        configuration, blocking, lock: lock, records: records, home: home, holder: holder)
    } catch {
      holder.giveUp()
      throw error
    }
  }

  private static func prepare(
    _ configuration: AgentConfiguration, _ blocking: Blocking, lock: StateLock,
    records: RecordStore,
    home: InstanceHome, holder: InstanceHome.Holder
  ) throws(AgentError) -> Ground {
    let boot: BootID
    let storage: InstanceStorage
    do {
      boot = try BootID.current()
      storage = try InstanceStorage.behind(configuration.workDirectory)
    } catch {
      throw .kernelFile(error)
    }
    let work = HostWork(
      tree: holder.tree, storage: storage, logs: LogFiles(directory: configuration.logDirectory),
      records: records, bootID: "\(boot.high)-\(boot.low)",
      workDirectory: configuration.workDirectory,
      sandboxHost: SandboxHost(
        stage: configuration.sandboxStage,
        agentDirectories: [
          configuration.stateDirectory, configuration.runDirectory, configuration.logDirectory,
          configuration.workDirectory,
        ], credentials: configuration.credentialsDirectory, cgroupMount: home.mount.mountPoint),
      limits: try limits(holder.tree, storage, configuration.workDirectory),
      images: ImageStore(directory: configuration.imageDirectory, blocking: blocking),
      lease: LeaseHolder(file: LeaseFile(socket: configuration.initSocket, boot: boot)))
    return Ground(lock: lock, work: work, bootID: boot, home: home, holder: holder)
  }

  private static func limits(
    _ tree: CgroupTree, _ storage: InstanceStorage, _ directory: String
  ) throws(AgentError) -> InstanceLimits {
    do {
      return InstanceLimits(
        tree: tree, storage: storage, workDirectory: directory,
        cores: try CpusetController.effective(tree.root) ?? CPUList([]))
    } catch {
      throw .kernelFile(error)
    }
  }

  /// What the coordinator is told of this host. Blocks.
  func facts(_ configuration: AgentConfiguration) throws(AgentError) -> HostFacts {
    var capacity: HostCapacity
    let kernel: String
    do {
      capacity = try HostProbe.capacity(
        reservingCPU: configuration.reservedCPU, memory: configuration.reservedMemory)
      kernel = try HostProbe.kernelRelease()
    } catch {
      throw .kernelFile(error)
    }
    capacity.cpu = configuration.cpuOverride ?? capacity.cpu
    capacity.memory = configuration.memoryOverride ?? capacity.memory
    let address: String
    if let advertised = configuration.advertisedAddress {
      address = advertised
    } else {
      address = try LocalAddress.towards(
        configuration.coordinator.host, port: configuration.coordinator.port)
    }
    return HostFacts(
      capacity: capacity, labels: configuration.labels, address: address, kernel: kernel,
      controllers: work.tree.controllers.map(\.rawValue), version: tendonVersion,
      exclusiveCores: work.limits.exclusiveCores,
      countables: configuration.countables.isEmpty ? nil : configuration.countables)
  }
}
