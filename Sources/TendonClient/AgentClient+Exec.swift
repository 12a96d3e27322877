// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
import TendonModel

extension AgentClient {
  /// What a user sends to a command that the agent runs for a query: `ExecFrame`s. It ends when the user hangs up.
  package func execInput(of query: UInt64) async throws(ClientError) -> ByteStream {
    try await bytes(
      Route(.GET, "agents", host.rawValue, "execs", String(query), "input"))
  }
}
