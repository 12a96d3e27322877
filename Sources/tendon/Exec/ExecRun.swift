// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Glibc
import NIOCore
import Synchronization
import TendonClient
import TendonModel

/// One command in an instance, and this program's terminal and signals bound to it.
struct ExecRun: Sendable {
  let client: TendonClient
  let instance: InstanceID
  let request: ExecRequest

  /// Signals that mean the command when they come to this program. With a terminal, keys make their signals there.
  private static let passed = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2]

  /// The third signal of one kind ends this program.
  private static let patience = 3

  /// - Returns: the status to exit with.
  func run() async throws -> Int32 {
    let exec = try await client.exec(in: instance, request)
    let input = ExecInput()
    let terminal = request.terminal == nil ? nil : Terminal()
    defer { terminal?.restore() }
    let sources = signals(to: input)
    defer { for source in sources { source.cancel() } }
    if request.hasInput { input.readStandardInput() }
    if request.terminal != nil, let size = Terminal.size { input.push(.resize(size)) }
    return try await withThrowingTaskGroup(of: Int32?.self) { group in
      group.addTask {
        // When it can't be sent the command ends, which its output tells.
        try? await client.sendInput(toExec: exec.number, input)
        return nil
      }
      group.addTask { try await self.print(exec.frames) }
      defer {
        input.finish()
        group.cancelAll()
      }
      for try await status in group {
        if let status { return status }
      }
      throw CLIError.notDone("the command was lost", missing: [])
    }
  }

  private func print(_ chunks: ByteStream) async throws -> Int32 {
    var reader = ExecFrame.Reader()
    for try await chunk in chunks {
      let frames: [ExecFrame]
      do { frames = try reader.frames(chunk.readableBytesView) } catch {
        throw ClientError.malformedAnswer(client.address, why: error.description)
      }
      for frame in frames {
        switch frame {
        case .output(let bytes): try Console.write(bytes, to: .output)
        case .error(let bytes): try Console.write(bytes, to: .error)
        case .ended(.exited(let code)): return code
        case .ended(.signaled(let signal, _)): return 128 + signal
        case .ended(.unknown):
          throw CLIError.notDone("how the command ended is not known", missing: [])
        case .failed(let reason):
          throw CLIError.notDone("the command is gone: \(reason)", missing: [])
        case .input, .inputEnd, .resize, .signal:
          throw ClientError.malformedAnswer(client.address, why: "\(ExecFrameFault())")
        }
      }
    }
    throw CLIError.notDone(
      "the connection to the command's host was lost, and it was ended", missing: [])
  }

  private func signals(to input: ExecInput) -> [any DispatchSourceSignal] {
    let queue = DispatchQueue(label: "signals")
    let times = Mutex<[Int32: Int]>([:])
    var handlers: [(Int32, @Sendable () -> Void)] = Self.passed.map { number in
      (
        number,
        {
          input.push(.signal(number))
          let count = times.withLock { times in
            times[number, default: 0] += 1
            return times[number] ?? 0
          }
          // It does not get there, behind input that nobody reads, or is not heeded: hanging up is.
          if count == Self.patience { Glibc.exit(128 + number) }
        }
      )
    }
    if request.terminal != nil {
      handlers.append((SIGWINCH, { if let size = Terminal.size { input.push(.resize(size)) } }))
    }
    return handlers.map { number, handler in
      // Its default would end this program, and the command only then.
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler(handler: handler)
      source.resume()
      return source
    }
  }
}
