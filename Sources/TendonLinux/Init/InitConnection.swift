// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import Synchronization

/// The socket to tendon-init and the one thread that reads it.
///
/// Requests are sent by whoever makes them, without waiting; what doesn't fit is queued for the
/// thread. Answers come in the order of their requests.
final class InitConnection: Sendable {
  typealias Waiter<Value: Sendable> = CheckedContinuation<Result<Value, InitError>, Never>
  typealias SpawnEnd = @Sendable (Result<SpawnedProcess, InitError>) -> Void

  /// Requests that may wait for their answer at once.
  static let maxOutstanding = 4096
  /// No answer is longer.
  private static let receiveBytes = 4096

  private struct State {
    /// Why nothing can be sent any more.
    var ended: InitError?
    var closing = false
    var lastRequest: UInt64 = 0
    var unsent: [InitRequestBytes] = []
    var spawns: [UInt64: (request: SpawnRequest, end: SpawnEnd)] = [:]
    var lists: [(children: [InitChild], bare: Bool, waiter: Waiter<[InitChild]>)] = []
    var shutdowns: [Waiter<Void>] = []
    var upgrades: [Waiter<Void>] = []

    var outstanding: Int {
      spawns.count + lists.count + shutdowns.count + upgrades.count + unsent.count
    }
  }

  private let socket: Int32
  private let wake: Int32
  private let path: String
  private let state = Mutex(State())
  private let events: AsyncStream<InitEvent>.Continuation

  /// - Throws: `.connect` or `.system`.
  init(path: String, events: AsyncStream<InitEvent>.Continuation) throws(InitError) {
    let socket = tendon_seqpacket_connect(path)
    guard socket >= 0 else { throw .connect(path: path, errno: -socket) }
    let wake = tendon_wake_open()
    guard wake >= 0 else {
      Glibc.close(socket)
      throw .system(call: "eventfd", errno: -wake)
    }
    self.socket = socket
    self.wake = wake
    self.path = path
    self.events = events
  }

  deinit {
    Glibc.close(socket)
    Glibc.close(wake)
  }

  /// Says hello and starts the thread, which lives as long as the connection.
  func start(timeout: Duration) async throws(InitError) -> InitGreeting {
    let result = await withCheckedContinuation { (waiter: Waiter<InitGreeting>) in
      let error = BlockingThread.start { [self] in
        let greeting = greet(timeout: timeout)
        waiter.resume(returning: greeting)
        if case .success = greeting { finish(serve()) }
      }
      if let error {
        waiter.resume(returning: .failure(.system(call: "pthread_create", errno: error)))
      }
    }
    return try result.get()
  }

  /// Starts the thread without a hello, for the one request that needs none.
  func startUnasked() throws(InitError) {
    let error = BlockingThread.start { [self] in finish(serve()) }
    if let error { throw .system(call: "pthread_create", errno: error) }
  }

  /// Ends the thread; what waits for an answer gets `.disconnected`.
  func close() {
    state.withLock { state in
      state.closing = true
      // Fails only when the other side was first.
      _ = Glibc.shutdown(socket, Int32(SHUT_RDWR))
    }
  }

  // MARK: Requests

  func spawn(_ request: SpawnRequest) async throws(InitError) -> SpawnedProcess {
    let result = await withCheckedContinuation { (waiter: Waiter<SpawnedProcess>) in
      spawn(request) { waiter.resume(returning: $0) }
    }
    return try result.get()
  }

  /// - Parameter end: called once, by the connection's thread; by this one where nothing was sent.
  func spawn(_ request: SpawnRequest, then end: @escaping SpawnEnd) {
    register { state throws(InitError) in
      state.lastRequest += 1
      let id = state.lastRequest
      try send(.spawn(request, id: id), &state)
      state.spawns[id] = (request, end)
    } failing: {
      end(.failure($0))
    }
  }

  func list() async throws(InitError) -> [InitChild] {
    let result = await withCheckedContinuation { (waiter: Waiter<[InitChild]>) in
      register(failing: waiter) { state throws(InitError) in
        try send(.bare(TENDON_INIT_LIST), &state)
        state.lists.append((children: [], bare: false, waiter: waiter))
      }
    }
    return try result.get()
  }

  func shutdown() async throws(InitError) {
    let result = await withCheckedContinuation { (waiter: Waiter<Void>) in
      register(failing: waiter) { state throws(InitError) in
        try send(.bare(TENDON_INIT_SHUTDOWN), &state)
        state.shutdowns.append(waiter)
      }
    }
    try result.get()
  }

  func upgrade(to program: String) async throws(InitError) {
    let result = await withCheckedContinuation { (waiter: Waiter<Void>) in
      register(failing: waiter) { state throws(InitError) in
        try send(.upgrade(to: program), &state)
        state.upgrades.append(waiter)
      }
    }
    try result.get()
  }

  func acknowledge(_ exit: ExitRecord) throws(InitError) {
    let error = state.withLock { (state) -> InitError? in
      do throws(InitError) {
        try send(.acknowledge(exit), &state)
        return nil
      } catch {
        return error
      }
    }
    if let error { throw error }
  }

  private func register<Value>(
    failing waiter: Waiter<Value>, _ body: (inout State) throws(InitError) -> Void
  ) {
    register(body) { waiter.resume(returning: .failure($0)) }
  }

  private func register(
    _ body: (inout State) throws(InitError) -> Void, failing fail: (InitError) -> Void
  ) {
    let error = state.withLock { (state) -> InitError? in
      do throws(InitError) {
        try body(&state)
        return nil
      } catch {
        return error
      }
    }
    if let error { fail(error) }
  }

  private func send(_ request: InitRequestBytes, _ state: inout State) throws(InitError) {
    if let ended = state.ended { throw ended }
    guard !state.closing else { throw .disconnected }
    guard state.outstanding < Self.maxOutstanding else { throw .busy }
    if state.unsent.isEmpty {
      let error = transmit(request)
      if error == 0 { return }
      guard error == EAGAIN else { throw Self.sendError(error) }
    }
    state.unsent.append(request)
    // Can only fail for a descriptor that is none.
    _ = tendon_wake(wake)
  }

  private func transmit(_ request: InitRequestBytes) -> Int32 {
    -tendon_send_message(
      socket, request.bytes, request.bytes.count, request.fds, Int32(request.fds.count))
  }

  private static func sendError(_ errno: Int32) -> InitError {
    errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN
      ? .disconnected : .system(call: "sendmsg", errno: errno)
  }

  // MARK: The thread

  private func greet(timeout: Duration) -> Result<InitGreeting, InitError> {
    let clock = ContinuousClock()
    let deadline = clock.now + timeout
    let error = transmit(.hello())
    guard error == 0 else { return .failure(Self.sendError(error)) }
    while true {
      do throws(InitError) {
        switch try receive() {
        case .hello(let greeting): return .success(greeting)
        case .error(_, _, let code, let text): throw .rejected(code: code, text: text)
        case .some: throw .protocolViolation("no hello")
        case nil: break
        }
      } catch {
        return .failure(error)
      }
      let left = clock.now.duration(to: deadline)
      guard left > .zero else { return .failure(.silent(path: path)) }
      _ = tendon_poll_two(socket, false, -1, left.pollMilliseconds)
    }
  }

  /// Returns why it ended.
  private func serve() -> InitError {
    do throws(InitError) {
      while true {
        let writing = state.withLock { !$0.unsent.isEmpty }
        let ready = tendon_poll_two(socket, writing, wake, -1)
        guard ready >= 0 else { throw .system(call: "poll", errno: -ready) }
        if ready & 4 != 0 { _ = tendon_wake_take(wake) }
        if ready & 2 != 0 { try flush() }
        guard ready & 1 != 0 else { continue }
        while let answer = try receive() { try take(answer) }
      }
    } catch {
      return error
    }
  }

  private func flush() throws(InitError) {
    let error = state.withLock { state in
      var sent = 0
      defer { state.unsent.removeFirst(sent) }
      while sent < state.unsent.count {
        let error = transmit(state.unsent[sent])
        guard error == 0 else { return error }
        sent += 1
      }
      return 0
    }
    guard error == 0 || error == EAGAIN else { throw Self.sendError(error) }
  }

  /// The next message; nil when there is none yet.
  private func receive() throws(InitError) -> InitAnswer? {
    var received = tendon_received()
    return try withUnsafeTemporaryAllocation(byteCount: Self.receiveBytes, alignment: 8) {
      (buffer) throws(InitError) -> InitAnswer? in
      var fd: Int32 = -1
      let error = tendon_receive_message(
        socket, buffer.baseAddress, buffer.count, &fd, 1, &received)
      if error == -EAGAIN { return nil }
      guard error == 0 else {
        throw error == -ECONNRESET ? .disconnected : .system(call: "recvmsg", errno: -error)
      }
      let pidfd = received.fd_count == 1 ? PidFD(adopting: fd) : nil
      guard received.length > 0 else { throw .disconnected }
      guard !received.truncated else { throw .protocolViolation("message too long") }
      let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<received.length])
      return try InitAnswer(bytes, pidfd: pidfd)
    }
  }

  private func take(_ answer: InitAnswer) throws(InitError) {
    switch answer {
    case .exited(let exit): events.yield(.exited(exit))
    case .spawned(let id, let process):
      takeSpawn(id)?.end(.success(process))
    case .spawnedBare(let id):
      takeSpawn(id)?.end(.failure(.descriptorMissing))
    case .spawnFailed(let id, let step, let errno, let planStep):
      guard let (request, end) = takeSpawn(id) else { return }
      let failure = SpawnFailure(of: request, step: step, errno: errno, planStep: planStep)
      end(.failure(.spawn(failure)))
    case .child(let child):
      try changeList { $0.children.append(child) }
    case .childBare:
      try changeList { $0.bare = true }
    case .listEnd(let count):
      guard let list = state.withLock({ $0.lists.isEmpty ? nil : $0.lists.removeFirst() }) else {
        throw .protocolViolation("a list that nobody asked for")
      }
      list.waiter.resume(returning: Self.result(of: list.children, list.bare, count))
    case .shutdown:
      takeShutdown()?.resume(returning: .success(()))
    case .upgraded:
      takeUpgrade()?.resume(returning: .success(()))
    case .stillNeeded(let running, let unacknowledged):
      takeShutdown()?.resume(
        returning: .failure(.stillNeeded(running: running, unacknowledged: unacknowledged)))
    case .error(let request, let type, let code, let text):
      takeError(.rejected(code: code, text: text), request: request, type: Int(type))
    case .hello:
      throw .protocolViolation("a second hello")
    }
  }

  private func takeSpawn(
    _ id: UInt64
  ) -> (request: SpawnRequest, end: SpawnEnd)? {
    state.withLock { $0.spawns.removeValue(forKey: id) }
  }

  private func takeShutdown() -> Waiter<Void>? {
    state.withLock { $0.shutdowns.isEmpty ? nil : $0.shutdowns.removeFirst() }
  }

  private func takeUpgrade() -> Waiter<Void>? {
    state.withLock { $0.upgrades.isEmpty ? nil : $0.upgrades.removeFirst() }
  }

  private func changeList(
    _ change: (inout (children: [InitChild], bare: Bool, waiter: Waiter<[InitChild]>)) -> Void
  ) throws(InitError) {
    let wanted = state.withLock { state in
      guard !state.lists.isEmpty else { return false }
      change(&state.lists[0])
      return true
    }
    if !wanted { throw .protocolViolation("a child that nobody asked for") }
  }

  private static func result(
    of children: [InitChild], _ bare: Bool, _ count: Int
  ) -> Result<[InitChild], InitError> {
    if bare { return .failure(.descriptorMissing) }
    if children.count != count { return .failure(.protocolViolation("list of \(count)")) }
    return .success(children)
  }

  /// An ERROR answers the oldest request of its type. One about an acknowledgement has nobody who
  /// waits for it: that exit comes again with the next list.
  private func takeError(_ error: InitError, request: UInt64, type: Int) {
    switch type {
    case TENDON_INIT_SPAWN: takeSpawn(request)?.end(.failure(error))
    case TENDON_INIT_SHUTDOWN: takeShutdown()?.resume(returning: .failure(error))
    case TENDON_INIT_UPGRADE: takeUpgrade()?.resume(returning: .failure(error))
    case TENDON_INIT_LIST:
      let list = state.withLock { $0.lists.isEmpty ? nil : $0.lists.removeFirst() }
      list?.waiter.resume(returning: .failure(error))
    default: break
    }
  }

  private func finish(_ error: InitError) {
    let left = state.withLock { state in
      state.ended = error
      let left = state
      state.spawns = [:]
      state.lists = []
      state.shutdowns = []
      state.upgrades = []
      state.unsent = []
      return left
    }
    for (_, end) in left.spawns.values { end(.failure(error)) }
    for list in left.lists { list.waiter.resume(returning: .failure(error)) }
    for waiter in left.shutdowns + left.upgrades { waiter.resume(returning: .failure(error)) }
    events.yield(.disconnected(left.closing ? nil : error))
    events.finish()
  }
}
