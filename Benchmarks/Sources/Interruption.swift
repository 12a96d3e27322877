// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Glibc

/// SIGINT and SIGTERM cancel what runs, so that it takes down the lab that it brought up.
enum Interruption {
  static func cancelling(_ body: @escaping @Sendable () async throws -> Void) async throws {
    let (signals, continuation) = AsyncStream<Int32>.makeStream()
    let sources = [SIGINT, SIGTERM].map { number in
      // The source gets it; what would end the program must not.
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number)
      source.setEventHandler { continuation.yield(number) }
      source.activate()
      return source
    }
    defer { for source in sources { source.cancel() } }
    try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        try await body()
        return true
      }
      group.addTask {
        for await _ in signals { return false }
        return true
      }
      defer { group.cancelAll() }
      guard try await group.next() == false else { return }
      group.cancelAll()
      // The body says for itself how it ended; what is told here is why.
      while await group.nextResult() != nil {}
      throw BenchError("interrupted")
    }
  }
}
