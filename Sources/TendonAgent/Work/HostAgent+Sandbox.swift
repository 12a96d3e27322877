// SPDX-License-Identifier: Apache-2.0

import Logging
import TendonCore
import TendonLinux
import TendonModel
import TendonSeccomp

/// Who an instance runs as, and in what sandbox.
extension HostAgent {
  /// Everything that a process of this placement needs of its sandbox; read anew for each start.
  func sandboxMaterial(
    for placement: DesiredPlacement
  ) async throws(StartError) -> SandboxMaterial {
    let sandbox = placement.spec.sandbox
    let user = try await identity(of: placement)
    var material = SandboxMaterial(sandbox, user: user)
    if material.needsReading(placement) {
      let unread = material
      material = try await blocking.run { () throws(StartError) in
        var material = unread
        try material.read(placement)
        return material
      }
    }
    if let root = sandbox.root {
      let directory: String?
      do {
        directory = try await work.images.root(at: root, for: placement.epoch)
      } catch {
        throw StartError("root", error)
      }
      if let directory { try material.use(image: directory, sandbox) }
    }
    if material.profile.seccomp == .standard {
      material.filter = try await defaultFilter(keeping: material.profile.capabilities)
    }
    return material
  }

  /// Puts a process of this placement into its sandbox: sets the request's user, directory and plan.
  /// - Parameter directory: where it starts, as the spec or the agent says.
  func confine(
    _ request: inout SpawnRequest, _ placement: DesiredPlacement, in directory: String,
    _ material: SandboxMaterial
  ) {
    var sandbox = placement.spec.sandbox
    sandbox.root = material.root
    let folder = work.folder(of: placement.instance)
    let isOwnFolderInRoot = sandbox.root != nil && placement.spec.workdir == nil
    var planner = SandboxPlanner(
      sandbox: sandbox, profile: material.profile, user: material.user,
      directory: isOwnFolderInRoot ? SandboxPlanner.folderInRoot : directory, folder: folder,
      host: work.sandboxHost, hostname: placement.instance.description)
    planner.secrets = material.secrets
    planner.filter = material.filter
    planner.visible = visible(request.environment)
    request.umask = sandbox.settings.umask ?? request.umask
    request.plan = planner.plan()
    if !material.secrets.isEmpty {
      request.environment.append("CREDENTIALS_DIRECTORY=\(planner.credentials)")
    }
    // With a plan, it enters the directory as the user and in the root that the plan makes.
    if request.plan == nil { request.directory = directory }
  }

  /// The socket through which the program tells of itself. The directory it lies in is taken where that holds
  /// nothing else of the agent's: then one that the next agent puts in its place is seen as well.
  private func visible(_ environment: [String]) -> [String] {
    let name = "NOTIFY_SOCKET="
    guard let variable = environment.first(where: { $0.hasPrefix(name + "/") }) else { return [] }
    let path = variable.dropFirst(name.count)
    let directory = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    return [work.sandboxHost.agentDirectories.contains(directory) ? String(path) : directory]
  }

  private func identity(of placement: DesiredPlacement) async throws(StartError) -> UserIdentity? {
    let spec = placement.spec
    var user: UserIdentity?
    if spec.user == Sandbox.dynamicUser {
      let uid = try dynamicUser(of: placement.epoch)
      // Its own folder, where that is made.
      let home =
        spec.sandbox.root != nil
        ? SandboxPlanner.folderInRoot
        : spec.workdir == nil ? work.folder(of: placement.instance) : nil
      user = UserIdentity(uid: uid, gid: uid, groups: [], home: home)
    } else if let name = spec.user {
      do { user = try await UserIdentity.find(name) } catch { throw StartError("user", error) }
    }
    guard !spec.sandbox.groups.isEmpty else { return user }
    do {
      let groups = try await UserIdentity.groups(spec.sandbox.groups)
      var with = user ?? UserIdentity(uid: 0, gid: 0, groups: [], name: "root", home: "/root")
      with.groups += groups.filter { !with.groups.contains($0) }
      return with
    } catch {
      throw StartError("groups", error)
    }
  }

  /// The placement's uid; a new one at its first start.
  private func dynamicUser(of epoch: Epoch) throws(StartError) -> UInt32 {
    if let held = heldUsers[epoch] { return held }
    do {
      let uid = try users.allocate(for: epoch)
      heldUsers[epoch] = uid
      return uid
    } catch {
      throw StartError("user", error)
    }
  }

  func releaseUser(of epoch: Epoch) {
    if let uid = heldUsers.removeValue(forKey: epoch) { users.release(uid) }
  }

  /// After a restart of the agent: by the record, or by the process where the record was not written in time.
  func adoptUser(of memory: PlacementMemory) {
    let epoch = memory.desired.epoch
    guard memory.desired.spec.user == Sandbox.dynamicUser else { return }
    let running = memory.process.flatMap { UserPool.user(ofProcess: $0.pid) }
    guard let uid = memory.dynamicUser ?? running, UserPool.range.contains(uid) else { return }
    users.adopt(uid)
    heldUsers[epoch] = uid
  }

  private func defaultFilter(
    keeping kept: Set<Capability>?
  ) async throws(StartError) -> [UInt8] {
    if let filter = filters[kept] { return filter }
    do {
      let filter = try await blocking.run { () throws(SeccompError) in
        try DefaultSeccompProfile.compiled(keeping: kept)
      }
      // There are as many as there are sets of capabilities in use.
      if filters.count >= Self.mostFilters { filters = [:] }
      filters[kept] = filter
      return filter
    } catch {
      throw StartError("sandbox.seccomp", error)
    }
  }

  private static var mostFilters: Int { 32 }
}
