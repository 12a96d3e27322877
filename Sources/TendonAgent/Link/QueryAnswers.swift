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
  let log: Logger

  /// Never fails: an answer that cannot be given or delivered is the asker's loss only.
  func answer(_ query: AgentQuery, id: UInt64) async {
    do {
      do {
        switch query {
        case .limits(let epoch):
          try await client.reply(to: id, json: try await agent.limits(of: epoch))
        case .logs(let epoch, let request):
          let instance = try await agent.instance(of: epoch)
          let reader = LogReader(
            logs: logs, instance: instance, epoch: epoch, request: request, blocking: blocking)
          try await client.reply(to: id, stream: reader.chunks())
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
}
