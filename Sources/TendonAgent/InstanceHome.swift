// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import TendonLinux
import TendonSystemd

/// Where instances live on this host. Under systemd that is a delegated scope of their own, made once and found
/// again; else a folder below the cgroup2 mount. Never the agent's own unit, which ends and restarts.
struct InstanceHome: Sendable {
  /// nil: a plain folder.
  let scope: DelegatedScope?
  let root: String
  let mount: CgroupMount
  /// What the host must offer.
  let required: [Controller]

  /// - Parameter root: as the operator gave it; then there is no scope.
  /// - Parameter isUnit: whether systemd started this program as a unit.
  init(
    root: String?, isUnit: Bool, in mount: CgroupMount,
    required: [Controller] = Controller.required
  ) {
    self.mount = mount
    self.required = required
    scope = root == nil && isUnit ? .instances : nil
    self.root =
      root ?? scope.map { mount.mountPoint + $0.cgroup } ?? mount.defaultTreeRoot
  }

  /// tendon-init's cgroup, open, and what keeps it there until tendon-init is in it.
  struct Holder: Sendable {
    let tree: CgroupTree
    let folder: FileDescriptor
    fileprivate let placeholder: DelegatedScope.Placeholder?

    /// tendon-init is there.
    /// - Parameter wasStarted: just now, in this cgroup. Else an agent that was told another place had started it,
    ///   and it is moved in.
    func settle(
      _ client: InitClient, wasStarted: Bool, _ blocking: Blocking
    ) async throws(AgentError) {
      guard let placeholder else { return }
      let (tree, pid) = (tree, client.greeting.identity.pid)
      let result = await blocking.run { () -> Result<Void, CgroupError> in
        defer { placeholder.end() }
        return Result { () throws(CgroupError) in if !wasStarted { try tree.hold(pid: pid) } }
      }
      do { try result.get() } catch { throw .cgroup(error) }
    }

    /// tendon-init is not to be had: a scope that was made for it goes.
    func giveUp() { placeholder?.end() }

    func close() {
      // A folder that nothing was written to.
      try? folder.close()
    }
  }

  /// Makes what is missing, at the agent's start and whenever tendon-init is to be started again: a scope whose
  /// last process ended is gone. Blocks.
  func prepare() throws(AgentError) -> Holder {
    guard let scope else {
      return try holder(try tree(heldBy: nil), nil)
    }
    let placeholder = try isInUse() ? nil : try start(scope)
    do throws(AgentError) {
      return try holder(try tree(heldBy: placeholder?.pid), placeholder)
    } catch {
      placeholder?.end()
      throw error
    }
  }

  /// Whether the scope's cgroup has processes: then systemd keeps it.
  private func isInUse() throws(AgentError) -> Bool {
    do { return try CgroupEvents.read(root)?.isPopulated ?? false } catch {
      throw .kernelFile(error)
    }
  }

  private func start(_ scope: DelegatedScope) throws(AgentError) -> DelegatedScope.Placeholder {
    do { return try scope.start() } catch { throw .systemd(error) }
  }

  private func tree(heldBy pid: Int32?) throws(AgentError) -> CgroupTree {
    do {
      guard scope != nil else {
        return try CgroupTree.prepare(root: root, in: mount, required: required)
      }
      return try CgroupTree.prepareDelegated(
        root: root, holding: pid, in: mount, required: required)
    } catch {
      throw .cgroup(error)
    }
  }

  private func holder(
    _ tree: CgroupTree, _ placeholder: DelegatedScope.Placeholder?
  ) throws(AgentError) -> Holder {
    do {
      let folder = try Files.openDirectory(tree.holder)
      return Holder(
        tree: tree, folder: FileDescriptor(rawValue: folder), placeholder: placeholder)
    } catch {
      throw .state(error)
    }
  }
}
