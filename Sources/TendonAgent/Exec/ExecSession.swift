// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOCore
import SystemPackage
import TendonClient
import TendonLinux
import TendonModel

/// One command that a user runs in an instance: its output is the reply to the coordinator's query, its input comes
/// with a request of our own.
struct ExecSession: Sendable {
  let client: AgentClient
  let query: UInt64
  let process: EnteredProcess
  let log: Logger

  /// Returns when the command and everything that it has started are gone.
  func run() async throws {
    let result: Result<Void, any Error> = await withTaskGroup(of: Result<Void, any Error>?.self) {
      group in
      group.addTask { await self.takeInput() }
      group.addTask {
        do {
          return .success(
            try await self.client.reply(to: self.query, stream: ExecOutput(process: self.process)))
        } catch { return .failure(error) }
      }
      for await result in group {
        guard let result else { continue }
        // The output's end, in order or because nobody reads it any more.
        process.hangUp()
        group.cancelAll()
        return result
      }
      return .success(())
    }
    try await end()
    try result.get()
  }

  /// Passes the user's input on until the user hangs up, which ends the command.
  private func takeInput() async -> Result<Void, any Error>? {
    do {
      var reader = ExecFrame.Reader()
      for try await chunk in try await client.execInput(of: query) {
        for frame in try reader.frames(chunk.readableBytesView) { try await take(frame) }
      }
    } catch {
      log.debug("exec \(query): its input ended: \(error)")
    }
    process.hangUp()
    return nil
  }

  private func take(_ frame: ExecFrame) async throws {
    let process = process
    switch frame {
    case .input(let bytes):
      // One that does not read its input any more may still have something to say.
      _ = try await BlockingThread.run { process.write(bytes) }
    case .inputEnd: try await BlockingThread.run { process.endInput() }
    case .resize(let size): process.resize(size)
    case .signal(let number): process.send(signal: number)
    case .output, .error, .ended, .failed: throw ExecFrameFault()
    }
  }

  /// Waits until the helper has ended everything.
  private func end() async throws {
    let process = process
    try await BlockingThread.run {
      while true {
        switch process.next() {
        case .output, .error: continue
        case .ended, .lost:
          process.reap()
          return
        }
      }
    }
  }
}

/// What comes from a command, as frames, pulled by whoever sends them.
struct ExecOutput: AsyncSequence, Sendable {
  typealias Element = ByteBuffer
  let process: EnteredProcess

  func makeAsyncIterator() -> Iterator { Iterator(process: process) }

  struct Iterator: AsyncIteratorProtocol {
    let process: EnteredProcess
    private var isOver = false

    init(process: EnteredProcess) { self.process = process }

    mutating func next() async throws -> ByteBuffer? {
      guard !isOver else { return nil }
      let process = process
      let frame: ExecFrame
      switch try await BlockingThread.run({ process.next() }) {
      case .output(let bytes): frame = .output(bytes)
      case .error(let bytes): frame = .error(bytes)
      case .ended(let status):
        frame = .ended(status)
        isOver = true
      case .lost(let error):
        frame = .failed(error.description)
        isOver = true
      }
      return ByteBuffer(bytes: frame.bytes)
    }
  }
}
