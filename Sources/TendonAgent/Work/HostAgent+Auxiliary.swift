// SPDX-License-Identifier: Apache-2.0

import Glibc
import Logging
import TendonCore
import TendonLinux
import TendonModel

/// How a command beside an instance's program ended.
enum AuxiliaryEnd: Sendable {
  case exited(ExitStatus)
  case timedOut
  /// From outside: the instance ended, or nobody wants it any more.
  case ended
  /// The command cannot be executed.
  case notStarted(String)
  /// It was not tried, for a reason of our own.
  case unavailable(String)

  /// In words that follow the command's name; nil when it succeeded.
  func failure(limit: Span) -> String? {
    switch self {
    case .exited(let status): status.isSuccess ? nil : "\(status)"
    case .timedOut: "took more than \(limit) and was killed"
    case .ended: "was ended before it was done"
    case .notStarted(let reason), .unavailable(let reason): "could not be started: \(reason)"
    }
  }
}

/// Running commands beside instances' programs, through tendon-init, each in a cgroup of its own below the instance's.
/// When `runAuxiliary` returns, nothing of the command is left.
extension HostAgent {
  /// How long the kernel may take to end what a command has left.
  private static var endDeadline: Span { .seconds(5) }

  func runAuxiliary(
    _ command: [String], role: String, of placement: DesiredPlacement, within limit: Span,
    isHook: Bool
  ) async -> AuxiliaryEnd {
    let id = auxiliaries.begin(placement.epoch, isHook: isHook)
    defer { auxiliaries.finish(id) }
    let prepared: (path: String, files: SpawnFiles)
    let material: SandboxMaterial
    do throws(StartError) {
      material = try await sandboxMaterial(for: placement)
      let work = work
      let sandbox = material
      prepared = try await blocking.run { () throws(StartError) in
        try work.prepareAuxiliary(
          "\(role)-\(id)", of: placement, sandbox, makesLeaf: isHook, isLogged: isHook)
      }
    } catch {
      return .unavailable("\(error.step): \(error.reason)")
    }
    auxiliaries.note(path: prepared.path, of: id)
    let end = await spawnAuxiliary(
      command, role: role, of: placement, prepared, material, within: limit, id: id)
    prepared.files.close()
    let tree = work.tree
    do {
      try await blocking.run { () throws(CgroupError) in
        try tree.endAuxiliary(prepared.path, within: Self.endDeadline)
      }
    } catch {
      // Whatever is left goes with the instance's own cgroup.
      log.about(placement.instance).warning("\(placement.instance): \(role): \(error)")
    }
    return end
  }

  private func spawnAuxiliary(
    _ command: [String], role: String, of placement: DesiredPlacement,
    _ prepared: (path: String, files: SpawnFiles), _ material: SandboxMaterial,
    within limit: Span, id: UInt64
  ) async -> AuxiliaryEnd {
    guard let client = initClient else { return .unavailable("tendon-init is gone") }
    guard !auxiliaries.isEnded(id), !Task.isCancelled else { return .ended }
    var request = SpawnRequest(
      epoch: placement.epoch, instance: placement.instance, arguments: command,
      environment: environment(
        of: placement, ports: heldPorts[placement.epoch] ?? [:], material))
    request.use(prepared.files)
    request.role = role
    confine(&request, placement, in: prepared.files.directory, material)
    auxiliaries.spawnBegins()
    let process: SpawnedProcess
    do {
      process = try await client.spawn(request)
    } catch {
      auxiliaries.spawnEnded()
      guard case .spawn(let failure) = error else { return .unavailable("\(error)") }
      return .notStarted("\(failure.step): \(failure.reason)")
    }
    if auxiliaries.isEnded(id) { await killCgroupNow(prepared.path) }
    let status = await end(of: ProcessKey(process.identity), id: id, within: limit.duration)
    if auxiliaries.isEnded(id) { return .ended }
    return status.map { .exited($0) } ?? .timedOut
  }

  /// How the process ended; nil when it has not within the time.
  private func end(
    of process: ProcessKey, id: UInt64, within limit: Duration
  ) async -> TendonModel.ExitStatus? {
    let early = auxiliaries.takeEarly(process)
    auxiliaries.spawnEnded()
    if let early { return early }
    return await withTaskGroup(of: Void.self) { group in
      group.addTask {
        // Cancelled: the process has ended, or the agent does.
        try? await Task.sleep(for: limit)
        await self.giveUp(process)
      }
      let status = await withCheckedContinuation { auxiliaries.wait(for: process, of: id, $0) }
      group.cancelAll()
      return status
    }
  }

  private func giveUp(_ process: ProcessKey) { auxiliaries.giveUp(process) }

  /// An end that tendon-init told of. It needs no record: whoever waited for it is told, or is gone.
  func auxiliaryExited(_ exit: ExitRecord) {
    auxiliaries.exited(ProcessKey(exit.identity), exit.status)
    do {
      try initClient?.acknowledge(exit)
    } catch {
      // It comes again with the list of the next connection.
      log.debug("acknowledging \(exit.name): \(error)")
    }
  }

  /// Ends the hooks of a placement that run now.
  func endHooks(of epoch: Epoch) async {
    for path in auxiliaries.end(epoch, hooksOnly: true) { await killCgroupNow(path) }
  }

  /// After its cgroup was emptied: waits until whatever ran beside the program has been put away.
  /// - Returns: whether there was anything.
  func untilNoAuxiliaries(of epoch: Epoch) async -> Bool {
    guard auxiliaries.isRunning(epoch) else { return false }
    _ = auxiliaries.end(epoch, hooksOnly: false)
    auxiliaries.giveUp(all: epoch)
    await withCheckedContinuation { auxiliaries.whenIdle(epoch, $0) }
    return true
  }

  private func killCgroupNow(_ path: String) async {
    do {
      try await blocking.run { () throws(CgroupError) in try CgroupProcesses.kill(path) }
    } catch {
      log.warning("\(path): \(error)")
    }
  }

  /// What an agent before this one had running beside a placement's program, which nobody waits for now.
  func endLeftAuxiliaries(of placement: DesiredPlacement) async {
    let (tree, leaf) = (work.tree, work.leaf(of: placement))
    do {
      try await blocking.run { () throws(CgroupError) in
        try tree.endAuxiliaries(of: leaf, within: Self.endDeadline)
      }
    } catch {
      log.about(placement.instance).warning(
        "\(placement.instance): what an agent before this one ran beside it: \(error)")
    }
  }
}
