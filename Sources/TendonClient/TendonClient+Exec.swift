// SPDX-License-Identifier: Apache-2.0
package import NIOCore
import NIOHTTP1
package import TendonModel

extension TendonClient {
  /// Runs a command in an instance. The answer comes once the command runs.
  /// - Returns: the exec's number for `sendInput`, and `ExecFrame`s until the command has ended. To hang up, end the
  ///   iteration or cancel the task.
  package func exec(
    in id: InstanceID, _ request: ExecRequest
  ) async throws(ClientError) -> (number: String, frames: ByteStream) {
    let answer = try await stream(
      Route(.POST, "instances", id.description, "exec"), body: json(request))
    guard let number = answer.headers.first(name: ExecRequest.numberHeader) else {
      throw .malformedAnswer(address, why: "it has no header \(ExecRequest.numberHeader)")
    }
    return (number, answer.bytes)
  }

  /// Sends `ExecFrame`s to a command; it is hung up on when they end before it has.
  package func sendInput<Chunks: AsyncSequence & Sendable>(
    toExec number: String, _ frames: Chunks
  ) async throws(ClientError) where Chunks.Element == ByteBuffer {
    try await upload(Route(.POST, "execs", number, "input"), frames)
  }
}
