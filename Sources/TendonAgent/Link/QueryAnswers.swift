// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOCore
import TendonClient
import TendonModel

/// Answers what the coordinator asks on behalf of users.
struct QueryAnswers: Sendable {
  let client: AgentClient
  let agent: HostAgent
  let logs: LogFiles
  let blocking: Blocking
  /// The program tendon-init, which has a mode that helps with commands.
  let initPath: String
  let log: Logger
  /// Each costs a few threads, and two connections.
  let execs = ExecLimit(most: 32, "commands run in instances")
  let followers = ExecLimit(most: 128, "logs are read")

  /// Never fails: an answer that cannot be given or delivered is the asker's loss only.
  func answer(_ query: AgentQuery, id: UInt64) async {
    do {
      do {
        switch query {
        case .limits(let epoch):
          try await client.reply(to: id, json: try await agent.limits(of: epoch))
        case .logs(let epoch, let request):
          try await sendLogs(of: epoch, request, to: id)
        case .exec(let epoch, let request):
          try await exec(request, in: epoch, id: id)
        }
      } catch let error as ClientError {
        throw error
      } catch let error as APIError {
        try await client.reply(to: id, error: error)
      } catch {
        try await client.reply(
          to: id, error: APIError(code: .internalError, message: "\(error)"))
      }
    } catch {
      // A user who stops following is the usual case.
      log.debug("reply \(id): \(error)")
    }
  }

  private func sendLogs(of epoch: Epoch, _ request: LogRequest, to id: UInt64) async throws {
    let placement = try await agent.desired(epoch)
    if placement.spec.logs.target == .journald {
      return try await sendJournal(of: placement, request, to: id)
    }
    let reader = LogReader(
      logs: logs, instance: placement.instance, epoch: epoch, request: request,
      blocking: blocking, isOver: { [agent] in await agent.isOver(epoch) })
    try await followers.run {
      try await client.reply(to: id, stream: try await reader.chunks())
    }
  }

  private func sendJournal(
    of placement: DesiredPlacement, _ request: LogRequest, to id: UInt64
  ) async throws {
    let (instance, epoch) = (placement.instance, placement.epoch)
    guard !request.previous else {
      throw APIError(
        code: .conflict,
        message: "\(instance) writes to the journal, which does not tell one run from another: "
          + "ask with --since")
    }
    guard let program = await blocking.run({ JournalReader.program }) else {
      throw APIError(
        code: .conflict,
        message:
          "\(instance) writes to the journal of host \(placement.host), which has no journalctl; "
          + "look there for SYSLOG_IDENTIFIER=\(instance)")
    }
    try await followers.run {
      let reader = try await blocking.run { [agent] in
        try JournalReader(
          program: program, request, of: instance, isOver: { await agent.isOver(epoch) })
      }
      try await client.reply(to: id, stream: reader)
    }
  }
}
