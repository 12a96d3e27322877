// SPDX-License-Identifier: Apache-2.0

import SystemPackage
import TendonCore
import TendonLinux
import TendonModel

extension QueryAnswers {
  /// Runs a command in an instance for a user.
  func exec(_ request: ExecRequest, in epoch: Epoch, id: UInt64) async throws {
    try await execs.run {
      let target = try await agent.execTarget(epoch)
      var user: UserIdentity?
      if let name = request.user {
        do throws(UserError) { user = try await UserIdentity.find(name) } catch {
          throw APIError(code: .badRequest, message: error.description)
        }
      }
      let process = try await start(request, in: target, as: user)
      try await ExecSession(client: client, query: id, process: process, log: log).run()
    }
  }

  private func start(
    _ request: ExecRequest, in target: ExecTarget, as user: UserIdentity?
  ) async throws -> EnteredProcess {
    let helper = initPath
    let result = await blocking.run { () -> Result<EnteredProcess, APIError> in
      do {
        let cgroup = FileDescriptor(rawValue: try Files.openDirectory(target.cgroup))
        // Nothing is written to a directory's descriptor.
        defer { try? cgroup.close() }
        var enter = EnterRequest(
          target: target.process, cgroup: cgroup, arguments: request.command)
        enter.terminal = request.terminal
        enter.hasInput = request.hasInput
        enter.user = user
        if let type = request.terminalType { enter.environment["TERM"] = type }
        if let home = user?.home { enter.environment["HOME"] = home }
        return .success(try EnteredProcess(enter, helper: helper))
      } catch {
        return .failure(
          APIError(code: .conflict, message: "\(target.instance) on \(target.host): \(error)"))
      }
    }
    return try result.get()
  }
}

/// Where a command is run.
struct ExecTarget: Sendable {
  var instance: InstanceID
  var host: HostID
  var process: ProcessIdentity
  /// The cgroup's folder.
  var cgroup: String
}

extension HostAgent {
  /// - Throws: `conflict` when no process of the placement runs.
  func execTarget(_ epoch: Epoch) throws(APIError) -> ExecTarget {
    let placement = try desired(epoch)
    guard let memory = core.memory(of: epoch), let process = memory.process else {
      let phase = core.memory(of: epoch)?.phase.rawValue ?? "gone"
      throw APIError(
        code: .conflict, message: "no process of \(placement.instance) runs: it is \(phase)")
    }
    return ExecTarget(
      instance: placement.instance, host: placement.host, process: process.identity,
      cgroup: work.path(of: placement))
  }
}
