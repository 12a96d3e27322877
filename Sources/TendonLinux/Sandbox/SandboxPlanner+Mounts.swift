// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// The instance's view of files: built beside the host's, then put in its place.
extension SandboxPlanner {
  /// Where the instance finds its secrets.
  package var credentials: String {
    sandbox.root == nil ? host.credentials : "/run/credentials"
  }

  /// Where an instance with a root of its own finds its folder.
  package static let folderInRoot = "/run/work"

  /// Everything of the kernel's that root could use against the host, though it has no capabilities.
  private static let kernelControls = [
    "/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus",
  ]
  private static let kernelSecrets = ["/proc/kcore", "/proc/keys", "/proc/timer_list"]

  func mountSteps() -> [PlanStep] {
    var steps: [PlanStep] = [
      .propagation(MountFlags.follower), .stage(source: sandbox.root ?? "/", at: host.stage),
    ]
    if profile.readOnlyRoot {
      steps.append(
        .attributes(target: "/", set: MountFlags.readOnly, clear: 0, [.recursive]))
    }
    if sandbox.root != nil { steps += imageSteps() }
    steps += kernelSteps()
    if profile.privateTmp { steps += tmpSteps() }
    if profile.privateDevices { steps += deviceSteps() }
    let hidden = profile.hidden + (profile.hidesAgent ? host.agentDirectories : [])
    // A folder may lie below /tmp.
    let isAnyCovered = !hidden.isEmpty || profile.privateTmp
    steps += hidden.map { .mask($0) }
    steps += sandbox.root == nil ? ownSteps(isAnyCovered: isAnyCovered) : ownInRootSteps()
    if sandbox.root != nil || isAnyCovered {
      steps += visible.map { .bind(source: $0, target: $0, [.make]) }
    }
    if !secrets.isEmpty { steps += secretSteps() }
    // Nothing has to be made in them any more.
    steps += hidden.map {
      .attributes(target: $0, set: MountFlags.readOnly, clear: 0, [.ifPresent])
    }
    return steps + [.pivot]
  }

  /// What a directory needs to be a root: a /run of its own, and the host's /sys to look at.
  private func imageSteps() -> [PlanStep] {
    [
      .mount(
        type: "tmpfs", target: "/run", flags: MountFlags.noSetUserID | MountFlags.noDevices,
        options: "mode=755", imageRules),
      .bind(source: "/sys", target: "/sys", [.recursive, imageRules]),
      .attributes(
        target: "/sys", set: MountFlags.readOnly, clear: 0, [.recursive, .ifPresent]),
    ]
  }

  /// In a read-only root nothing can be made: what it lacks, it goes without.
  private var imageRules: MountRules { profile.readOnlyRoot ? [.ifPresent] : [.make] }

  private func kernelSteps() -> [PlanStep] {
    var steps: [PlanStep] = []
    if profile.namespaces.contains(.pid) {
      steps.append(
        .mount(
          type: "proc", target: "/proc", flags: MountFlags.inert, options: "",
          sandbox.root == nil ? [] : [.make]))
    } else if sandbox.root != nil {
      steps.append(.bind(source: "/proc", target: "/proc", [.recursive, .make]))
    }
    if profile.readOnlyRoot {
      for path in Self.kernelControls {
        steps += [
          .bind(source: path, target: path, [.inStage, .ifPresent]),
          .attributes(target: path, set: MountFlags.readOnly, clear: 0, [.ifPresent]),
        ]
      }
      steps += Self.kernelSecrets.map { .mask($0) }
    }
    if profile.namespaces.contains(.cgroup) {
      steps.append(
        .mount(
          type: "cgroup2", target: host.cgroupMount, flags: MountFlags.inert | MountFlags.readOnly,
          options: "", [.ifPresent]))
    }
    return steps
  }

  private func tmpSteps() -> [PlanStep] {
    let flags = MountFlags.noSetUserID | MountFlags.noDevices
    return ["/tmp", "/var/tmp"].map { path in
      .mount(
        type: "tmpfs", target: path, flags: flags, options: "mode=1777",
        path == "/tmp" && sandbox.root != nil ? imageRules : [.ifPresent])
    }
  }

  private func deviceSteps() -> [PlanStep] {
    var steps: [PlanStep] = [
      .mount(
        type: "tmpfs", target: "/dev", flags: MountFlags.noSetUserID | MountFlags.noExecution,
        options: "mode=755", sandbox.root == nil ? [] : imageRules)
    ]
    let devices: [(String, UInt32, UInt32)] = [
      ("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9),
      ("tty", 5, 0),
    ]
    steps += devices.map { name, major, minor in
      .device(target: "/dev/\(name)", mode: 0o666, major: major, minor: minor)
    }
    steps += [("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")].map {
      .symlink("/proc/self/fd\($1)", target: "/dev/\($0)")
    }
    return steps + [
      .directory("/dev/pts", mode: 0o755),
      .mount(
        type: "devpts", target: "/dev/pts",
        flags: MountFlags.noSetUserID | MountFlags.noExecution,
        options: "newinstance,ptmxmode=0666,mode=0620", []),
      .symlink("pts/ptmx", target: "/dev/ptmx"),
      .directory("/dev/shm", mode: 0o1777),
      .mount(
        type: "tmpfs", target: "/dev/shm", flags: MountFlags.inert, options: "mode=1777", []),
      .attributes(target: "/dev", set: MountFlags.readOnly, clear: 0, []),
    ]
  }

  /// The host's own paths that the instance keeps, whatever hides them or makes them read-only.
  private func ownSteps(isAnyCovered: Bool) -> [PlanStep] {
    guard profile.readOnlyRoot || isAnyCovered else { return [] }
    let writable = Set([folder] + sandbox.settings.writable)
    var steps: [PlanStep] = []
    if directory != "/", !writable.contains(directory) {
      steps.append(.bind(source: directory, target: directory, [.recursive, .make]))
      if profile.readOnlyRoot {
        steps.append(
          .attributes(target: directory, set: MountFlags.readOnly, clear: 0, [.recursive]))
      }
    }
    // Outer ones before those inside of them.
    return steps + writable.sorted().map { .bind(source: $0, target: $0, [.recursive, .make]) }
  }

  private func ownInRootSteps() -> [PlanStep] {
    var steps: [PlanStep] = [
      .bind(source: folder, target: Self.folderInRoot, [.recursive, .make])
    ]
    guard profile.readOnlyRoot else { return steps }
    for path in sandbox.settings.writable {
      steps += [
        .bind(source: path, target: path, [.recursive, .inStage]),
        .attributes(target: path, set: 0, clear: MountFlags.readOnly, [.recursive]),
      ]
    }
    return steps
  }

  /// Owned by the instance's user, seen by its own processes only, and gone with the last of them.
  private func secretSteps() -> [PlanStep] {
    let (uid, gid) = (user?.uid ?? 0, user?.gid ?? 0)
    var steps: [PlanStep] = [
      .mount(
        type: "tmpfs", target: credentials, flags: MountFlags.inert,
        options: "mode=0500,uid=\(uid),gid=\(gid)", [.make])
    ]
    steps += secrets.sorted { $0.key < $1.key }.map { name, text in
      .file(target: "\(credentials)/\(name)", mode: 0o400, uid: uid, gid: gid, text)
    }
    return steps + [
      .attributes(target: credentials, set: MountFlags.readOnly, clear: 0, [])
    ]
  }
}
