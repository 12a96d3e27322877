// SPDX-License-Identifier: Apache-2.0
import TendonCore
import TendonModel

/// Commands run inside instances.
extension Coordinator {
  /// Has the instance's agent run a command, and says so in an event.
  /// - Returns: once it runs, with what comes from it.
  nonisolated func exec(
    _ request: ExecRequest, in id: InstanceID
  ) async throws(APIError) -> (number: UInt64, output: ReplyPipe) {
    let input = ReplyPipe()
    let execs = execs
    let question = try await ask(
      id,
      announced: { (number, host) throws(APIError) in
        guard execs.add(number, host: host, input: input) else {
          throw APIError(
            code: .conflict,
            message: "\(ExecBoard.most) commands run in instances already; end one of them")
        }
      }, { .exec(epoch: $0, request: request) })
    do throws(APIError) {
      try await question.pipe.begun()
      _ = try await perform { (core, now) throws(APIError) in
        core.execStarted(request, in: question.placement, now: now)
      }
    } catch {
      question.pipe.cancel()
      execs.remove(question.number)
      throw error
    }
    return (question.number, question.pipe)
  }

  /// A host without power closes no connection.
  func endAnswersOfLostHosts() {
    for host in replies.answering where visible.hostView(host, now: clock())?.state == .down {
      replies.hostDown(host)
    }
  }
}
