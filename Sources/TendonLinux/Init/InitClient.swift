// SPDX-License-Identifier: Apache-2.0

/// The agent's side of the connection to tendon-init, the parent of all instances of this host.
///
/// tendon-init serves one client: connecting puts an end to the connection there was. When this
/// object goes, the connection ends and every instance runs on.
package final class InitClient: Sendable {
  /// How tendon-init introduced itself.
  package let greeting: InitGreeting

  /// Exits since the connection was made, each once, then `.disconnected`. For one consumer. An
  /// exit comes again with `list()` until it is acknowledged.
  ///
  /// A program that ends at once may be told here before its `spawn` has returned to its caller:
  /// know an exit by its epoch, not by a process you have noted.
  ///
  /// Not bounded by dropping: there is at most one exit per instance, and none may be lost.
  package let events: AsyncStream<InitEvent>

  private let connection: InitConnection

  private init(
    greeting: InitGreeting, events: AsyncStream<InitEvent>, connection: InitConnection
  ) {
    self.greeting = greeting
    self.events = events
    self.connection = connection
  }

  deinit { connection.close() }

  /// Connects and exchanges hello.
  /// - Parameter timeout: how long to wait for the hello; raising it delays only the discovery of a
  ///   tendon-init that is stopped.
  /// - Throws: `.connect` when nobody listens, `.silent` when nobody answers.
  package static func connect(
    path: String, timeout: Duration = .seconds(5)
  ) async throws(InitError) -> InitClient {
    let (events, continuation) = AsyncStream<InitEvent>.makeStream(bufferingPolicy: .unbounded)
    let connection = try InitConnection(path: path, events: continuation)
    let greeting = try await connection.start(timeout: timeout)
    return InitClient(greeting: greeting, events: events, connection: connection)
  }

  /// Starts the program of an instance. Returns once execve has succeeded.
  ///
  /// Not cancelled with its task: the program would run all the same. On `.disconnected` it may
  /// run, which `list()` of a new connection tells.
  /// - Throws: `.spawn` with the step that failed; `.tooLarge`, `.invalid` and `.busy` before
  ///   anything was sent.
  package func spawn(_ request: SpawnRequest) async throws(InitError) -> SpawnedProcess {
    try await connection.spawn(request)
  }

  /// The same without waiting, for a thread that has something else to do.
  /// - Parameter end: called once, on another thread or on this one; must not block.
  package func spawn(
    _ request: SpawnRequest,
    then end: @escaping @Sendable (Result<SpawnedProcess, InitError>) -> Void
  ) {
    connection.spawn(request, then: end)
  }

  /// All that tendon-init keeps: running children, and exits not acknowledged yet, in the order
  /// they were started.
  package func list() async throws(InitError) -> [InitChild] {
    try await connection.list()
  }

  /// Lets tendon-init forget an exit, once it is safe with us. Again is harmless.
  package func acknowledge(_ exit: ExitRecord) throws(InitError) {
    try connection.acknowledge(exit)
  }

  /// Ends tendon-init.
  /// - Throws: `.stillNeeded` while children run or exits are not acknowledged.
  package func shutdown() async throws(InitError) {
    try await connection.shutdown()
  }

  /// Makes tendon-init become another program in place, with all its children and exits. The connection ends
  /// with it: `InitLauncher.connect` makes the next.
  /// - Parameter program: absolute; it is tried with `--check` first.
  /// - Throws: `.rejected` when the old one goes on, with its reason; `.disconnected` when it is not known.
  package func upgrade(to program: String) async throws(InitError) {
    try await connection.upgrade(to: program)
  }

  /// The same for one that speaks another version of the protocol, to which `connect` can't say hello.
  static func upgradeUnasked(path: String, to program: String) async throws(InitError) {
    let (_, continuation) = AsyncStream<InitEvent>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let connection = try InitConnection(path: path, events: continuation)
    try connection.startUnasked()
    defer { connection.close() }
    try await connection.upgrade(to: program)
  }

  /// Ends the connection, not tendon-init. `events` ends with `.disconnected(nil)`.
  package func close() {
    connection.close()
  }
}
