// SPDX-License-Identifier: Apache-2.0

/// What can go wrong between the agent and tendon-init.
package enum InitError: Error, Hashable, CustomStringConvertible {
  /// Nobody could be connected to: ENOENT or ECONNREFUSED mean that no tendon-init runs there.
  case connect(path: String, errno: Int32)
  /// It was started and ended at once; what it said.
  case launch(text: String)
  /// The program of an instance could not be started. Nothing of it is left.
  case spawn(SpawnFailure)
  /// The connection ended before the answer. A spawn that was under way may have happened: ask a
  /// new connection for the list.
  case disconnected
  /// It took the connection and did not say hello in time: stopped, or something else.
  case silent(path: String)
  /// A request over the protocol's limit (arguments and environment); it was not sent.
  case tooLarge(bytes: Int, limit: Int)
  /// A request that can't be said in the protocol; it was not sent.
  case invalid(String)
  /// More requests wait for an answer than are allowed at once.
  case busy
  /// It didn't take a request; its words.
  case rejected(code: UInt32, text: String)
  /// Instances run, or their exits were not acknowledged.
  case stillNeeded(running: Int, unacknowledged: Int)
  /// It ran out of descriptors, or we did, so that a process came without its pidfd.
  case descriptorMissing
  /// It said something that is not in the protocol; the connection was closed.
  case protocolViolation(String)
  /// A system call on our side.
  case system(call: String, errno: Int32)

  package var description: String {
    switch self {
    case .connect(let path, let errno): "tendon-init at \(path): \(errnoText(errno))"
    case .launch(let text): "tendon-init did not start: \(text)"
    case .spawn(let failure): "\(failure)"
    case .disconnected: "the connection to tendon-init ended"
    case .silent(let path): "tendon-init at \(path) doesn't answer"
    case .tooLarge(let bytes, let limit):
      "arguments, environment, secrets and system call filter take \(bytes) bytes, more than the \(limit) that are allowed"
    case .invalid(let what): what
    case .busy: "too many requests to tendon-init at once"
    case .rejected(let code, let text): "tendon-init refused a request (\(code)): \(text)"
    case .stillNeeded(let running, let unacknowledged):
      "tendon-init still has \(running) children and \(unacknowledged) exits not acknowledged"
    case .descriptorMissing: "a process came without its pidfd: too many open files"
    case .protocolViolation(let what): "tendon-init does not keep to the protocol: \(what)"
    case .system(let call, let errno): "\(call): \(errnoText(errno))"
    }
  }
}
