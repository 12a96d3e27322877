// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// Turns what a spec asks for into the steps that bring it about, in the one order that works: limits while we are
/// root, then namespaces and mounts, then the user, then the rights, and the filter last.
package struct SandboxPlanner: Sendable {
  package var sandbox: Sandbox
  package var profile: SandboxProfile
  /// Who the program runs as; nil is root with the groups that tendon-init has.
  package var user: UserIdentity?
  /// The directory that the program starts in, as a path of the instance's root.
  package var directory: String
  /// The instance's own folder, which it can always write; a path of the host.
  package var folder: String
  package var host: SandboxHost
  /// Paths of the host that stay where they are, whatever hides them.
  package var visible: [String] = []
  /// The secrets' texts by name.
  package var secrets: [String: [UInt8]] = [:]
  /// The compiled filter.
  package var filter: [UInt8]?
  /// Becomes the host's name in a UTS namespace.
  package var hostname: String

  package init(
    sandbox: Sandbox, profile: SandboxProfile, user: UserIdentity?, directory: String,
    folder: String, host: SandboxHost, hostname: String
  ) {
    self.sandbox = sandbox
    self.profile = profile
    self.user = user
    self.directory = directory
    self.folder = folder
    self.host = host
    self.hostname = hostname
  }

  /// The plan; nil when there is nothing to do.
  package func plan() -> SpawnPlan? {
    var steps = processSteps()
    let unshared = NamespaceFlags.unshared(profile.namespaces)
    if unshared != 0 { steps.append(.unshare(unshared)) }
    if profile.namespaces.contains(.uts) { steps.append(.hostname(hostname)) }
    if profile.namespaces.contains(.net) { steps.append(.loopback) }
    if profile.namespaces.contains(.mount) { steps += mountSteps() }
    steps += rightsSteps()
    if steps.isEmpty { return nil }
    // Before a filter that might refuse it, and as the user: a directory that it may not enter is an error here.
    let last = steps.lastIndex { if case .seccomp = $0 { true } else { false } }
    steps.insert(
      .changeDirectory(directory), at: last == steps.count - 1 ? steps.count - 1 : steps.count)
    return SpawnPlan(steps, isFirstOfNamespace: profile.namespaces.contains(.pid))
  }

  private func processSteps() -> [PlanStep] {
    let settings = sandbox.settings
    var steps: [PlanStep] = settings.limits.sorted { $0.key < $1.key }.compactMap { name, limit in
      ProcessLimit.numbers[name].map {
        .rlimit(name: name, number: $0, soft: limit.soft, hard: limit.hard)
      }
    }
    if let nice = settings.nice { steps.append(.nice(nice)) }
    if let priority = settings.ioPriority { steps.append(.ioPriority(priority.rawValue)) }
    if let score = settings.oomScoreAdjust {
      steps.append(.write(path: "/proc/self/oom_score_adj", text: String(score)))
    }
    return steps
  }

  private func rightsSteps() -> [PlanStep] {
    var steps: [PlanStep] = []
    let seccomp = filter.map { PlanStep.seccomp($0) }
    // Without no_new_privs the kernel takes a filter from the privileged only.
    if let seccomp, !profile.noNewPrivileges { steps.append(seccomp) }
    if let capabilities = profile.capabilities {
      steps.append(.bounding(Capability.mask(capabilities)))
    }
    if let user { steps.append(.ids(uid: user.uid, gid: user.gid, groups: user.groups)) }
    if let capabilities = profile.capabilities {
      // Root's programs have what the bounding set has; a user's only what is ambient.
      steps.append(
        .capabilities(
          Capability.mask(capabilities), ambient: (user?.uid ?? 0) != 0 && !capabilities.isEmpty,
          asFarAsHad: !profile.capabilitiesAreAsked))
    }
    if profile.noNewPrivileges {
      steps.append(.noNewPrivileges)
      if let seccomp { steps.append(seccomp) }
    }
    return steps
  }
}

/// What the steps need to know of the host.
package struct SandboxHost: Hashable, Sendable {
  /// An empty directory on which each instance builds its root, unseen by all others.
  package var stage: String
  /// Directories of the agent that hold other instances' things.
  package var agentDirectories: [String]
  /// Where a path of the host's own root gets its secrets: an empty directory.
  package var credentials: String
  /// Where cgroup2 is mounted.
  package var cgroupMount: String

  package init(
    stage: String, agentDirectories: [String], credentials: String, cgroupMount: String
  ) {
    self.stage = stage
    self.agentDirectories = agentDirectories
    self.credentials = credentials
    self.cgroupMount = cgroupMount
  }
}
