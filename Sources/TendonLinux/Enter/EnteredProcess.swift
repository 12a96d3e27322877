// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import Synchronization
import SystemPackage
package import TendonModel

/// A command that runs beside another process, with a helper of its own (`tendon-init --enter`) that ends it and
/// everything that it has started when this object's end of their socket closes: also when this program is killed.
package final class EnteredProcess: Sendable {
  package enum Event: Hashable, Sendable {
    case output([UInt8])
    case error([UInt8])
    /// The last one: the command and all that it has started are gone.
    case ended(ExitStatus)
    /// The last one, too.
    case lost(EnterError)
  }

  private struct State {
    var output: Int32?
    var error: Int32?
    /// A pipe's end, or the terminal.
    var input: Int32?
    var end: Event?
    var isOver = false
  }

  private static let chunkBytes = 32 * 1024

  private let control: Int32
  private let helper: ChildProcess
  private let terminal: Int32?
  private let state: Mutex<State>
  /// Held by whoever waits in `next`.
  private let turn = Mutex(())

  /// Starts it. Blocks until the command runs, some milliseconds.
  /// - Parameter helper: the program tendon-init.
  package init(_ request: EnterRequest, helper: String) throws(EnterError) {
    let message = try request.encoded()
    var streams = try EnterStreams(request)
    defer { streams.closeFar() }
    do throws(EnterError) {
      let sockets = try EnterStreams.socketPair()
      control = sockets.0
      defer { close(sockets.1) }
      var command = ChildProcess.Command(arguments: [helper, "--enter"])
      command.directory = "/"
      command.cgroup = request.cgroup
      command.input = FileDescriptor(rawValue: sockets.1)
      do throws(SpawnFailure) { self.helper = try ChildProcess(command) } catch {
        close(control)
        throw .helper(error)
      }
      terminal = request.terminal == nil ? nil : streams.output
      state = Mutex(
        State(output: streams.output, error: streams.error, input: streams.input))
      do throws(EnterError) {
        try Self.begin(
          control, message, streams.far, program: request.arguments.first ?? "")
      } catch {
        close(control)
        // It ends by itself now; only its status is of no interest.
        _ = try? self.helper.wait()
        throw error
      }
    } catch {
      streams.closeNear()
      throw error
    }
  }

  private static func begin(
    _ control: Int32, _ message: [UInt8], _ fds: [Int32], program: String
  ) throws(EnterError) {
    let sent = tendon_send_message(control, message, message.count, fds, Int32(fds.count))
    guard sent == 0 else { throw .system(call: "sendmsg to the helper", errno: -sent) }
    var news = tendon_enter_news()
    let count = recv(control, &news, MemoryLayout<tendon_enter_news>.size, 0)
    guard count == MemoryLayout<tendon_enter_news>.size else { throw .lost }
    guard news.type == UInt32(TENDON_ENTER_STARTED) else {
      throw .step(EnterError.step(news.step, of: program), errno: news.value)
    }
  }

  deinit {
    close(control)
    state.withLock { state in
      for fd in Set([state.output, state.error, state.input].compactMap { $0 }) { close(fd) }
    }
  }

  /// Waits for what comes next, on a thread of its own; several are served one after the other. The last event is
  /// given again.
  package func next() -> Event { turn.withLock { _ in nextInTurn() } }

  private func nextInTurn() -> Event {
    while true {
      let (output, error, end) = state.withLock { ($0.output, $0.error, $0.end) }
      if output == nil, error == nil, let end { return end }
      var polled = [
        pollfd(fd: output ?? -1, events: Int16(POLLIN), revents: 0),
        pollfd(fd: error ?? -1, events: Int16(POLLIN), revents: 0),
        pollfd(fd: end == nil ? control : -1, events: Int16(POLLIN), revents: 0),
      ]
      // Once all processes are gone only what is in the pipes is to come.
      let count = poll(&polled, 3, end == nil ? -1 : 0)
      if count == 0, let end { return finish(end) }
      if let output, polled[0].revents != 0, let bytes = read(output, \.output) {
        return .output(bytes)
      }
      if let error, polled[1].revents != 0, let bytes = read(error, \.error) {
        return .error(bytes)
      }
      if polled[2].revents != 0 { takeEnd() }
    }
  }

  private func finish(_ end: Event) -> Event {
    state.withLock { state in
      state.output = state.output == terminal ? state.output : Self.closed(state.output)
      state.error = Self.closed(state.error)
    }
    return end
  }

  private static func closed(_ fd: Int32?) -> Int32? {
    if let fd { close(fd) }
    return nil
  }

  /// nil at its end, which for a terminal is EIO.
  private func read(_ fd: Int32, _ slot: WritableKeyPath<State, Int32?>) -> [UInt8]? {
    let bytes = [UInt8](unsafeUninitializedCapacity: Self.chunkBytes) { buffer, count in
      count = max(0, Glibc.read(fd, buffer.baseAddress, Self.chunkBytes))
    }
    guard bytes.isEmpty else { return bytes }
    state.withLock { state in
      // The terminal is its input too, and closed with this object.
      if fd != terminal { close(fd) }
      state[keyPath: slot] = nil
    }
    return nil
  }

  private func takeEnd() {
    var news = tendon_enter_news()
    let count = recv(control, &news, MemoryLayout<tendon_enter_news>.size, Int32(MSG_DONTWAIT))
    if count < 0, errno == EAGAIN || errno == EINTR { return }
    let isWhole = count == MemoryLayout<tendon_enter_news>.size
    let isEnd = isWhole && news.type == UInt32(TENDON_ENTER_ENDED)
    state.withLock { state in
      if state.end == nil {
        state.end = isEnd ? .ended(ExitStatus(waitStatus: news.value)) : .lost(.lost)
      }
      state.isOver = true
    }
  }

  /// Writes to the command's standard input. Blocks until all is taken or the command is over.
  /// - Returns: false when nobody reads it any more.
  package func write(_ bytes: [UInt8]) -> Bool {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGPIPE)
    // For a thread of its own, which ends with the signal that waits for it.
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    var rest = bytes[...]
    while !rest.isEmpty {
      let (input, isOver) = state.withLock { ($0.input, $0.isOver) }
      guard let input, !isOver else { return false }
      let count = rest.withUnsafeBytes { Glibc.write(input, $0.baseAddress, $0.count) }
      if count >= 0 {
        rest = rest.dropFirst(count)
      } else if errno == EAGAIN {
        var polled = pollfd(fd: input, events: Int16(POLLOUT), revents: 0)
        _ = poll(&polled, 1, 200)
      } else if errno != EINTR {
        return false
      }
    }
    return true
  }

  /// The end of its standard input; for a terminal the character that means it (Ctrl-D).
  package func endInput() {
    if terminal != nil {
      _ = write([4])
      return
    }
    state.withLock { $0.input = Self.closed($0.input) }
  }

  package func resize(_ size: TerminalSize) {
    if let terminal { EnterStreams.set(size, of: terminal) }
  }

  /// Sends a signal to the command's process group.
  package func send(signal: Int32) {
    var message = tendon_enter_signal(signal: signal)
    // One that is gone needs no signal.
    _ = tendon_send_message(control, &message, MemoryLayout<tendon_enter_signal>.size, nil, 0)
  }

  /// Ends the command and all that it has started.
  package func hangUp() {
    state.withLock { $0.isOver = true }
    shutdown(control, Int32(SHUT_WR))
  }

  /// Takes the helper's exit status, once the last event has come. Blocks.
  package func reap() {
    // Only somebody else's wait could fail it, and there is nobody else.
    _ = try? helper.wait()
  }
}
