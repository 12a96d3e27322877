// SPDX-License-Identifier: Apache-2.0
import Hummingbird
package import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization
package import TendonCore
import TendonLinux
package import TendonModel
import TendonStore
import TendonSystemd
import UnixSignals

/// A whole coordinator: store, core, health server and API, until SIGTERM or SIGINT.
package struct CoordinatorProgram: Sendable {
  package struct Options: Sendable {
    /// Holds the store and the tokens; made when it is not there.
    package var dataDirectory: String
    package var listen: ListenAddress
    package var udpListen: ListenAddress
    /// A listening socket for the API, from systemd: then `listen` says nothing.
    package var inherited: Int32?
    package var settings: CoordinatorSettings

    package init(
      dataDirectory: String, listen: ListenAddress, udpListen: ListenAddress,
      settings: CoordinatorSettings = CoordinatorSettings()
    ) {
      self.dataDirectory = dataDirectory
      self.listen = listen
      self.udpListen = udpListen
      self.settings = settings
    }

    /// Sets one constant of the failure detection from `KEY=VALUE`.
    package mutating func setDetection(_ text: String) throws(ProgramError) {
      do throws(SettingError) {
        try settings.detection.set(text)
      } catch { throw .badInput("--detection \(error)") }
    }

    /// Sets for how long hosts may run fenced instances without being acknowledged.
    package mutating func setLease(_ lease: Span) throws(ProgramError) {
      guard lease >= .seconds(1), lease <= .seconds(600) else {
        throw .badInput("--lease must be 1s to 10m")
      }
      settings.lease = lease
    }

    /// Sets one constant of how instances are moved from `KEY=VALUE`.
    package mutating func setDisruption(_ text: String) throws(ProgramError) {
      do throws(SettingError) {
        try settings.disruption.set(text)
      } catch { throw .badInput("--disruption \(error)") }
    }

    /// Sets one weight of where instances are placed, or the policy, from `KEY=VALUE`.
    package mutating func setPlacement(_ text: String) throws(ProgramError) {
      do throws(SettingError) {
        try settings.placement.set(text)
      } catch { throw .badInput("--placement \(error)") }
    }
  }

  /// How long requests under way have to end after SIGTERM.
  static let shutdownPatience = Duration.seconds(5)

  private let options: Options
  private let logger: Logger

  package init(options: Options, logger: Logger) {
    self.options = options
    self.logger = logger
  }

  /// Returns when it was told to end.
  /// - Throws: `ProgramError` in words for the operator.
  package func run() async throws(ProgramError) {
    try await DataDirectory.create(options.dataDirectory)
    let store: SQLiteStore
    do throws(StoreError) {
      store = try await SQLiteStore.open(path: options.dataDirectory + "/tendon.sqlite")
    } catch { throw .store(error) }
    // The store's lock is held from here on, so nobody else makes tokens.
    let tokens = try await DataDirectory.tokens(in: options.dataDirectory)
    let outcome = await serve(store: store, tokens: tokens)
    do throws(StoreError) { try await store.close() } catch { throw .store(error) }
    try outcome.get()
  }

  private func serve(store: SQLiteStore, tokens: Tokens) async -> Result<Void, ProgramError> {
    do throws(ProgramError) {
      let (coordinator, sessions) = try await coordinator(on: store)
      let health = try healthServer(coordinator, sessions)
      coordinator.use(health)
      try await run(coordinator, health, tokens)
      return .success(())
    } catch {
      return .failure(error)
    }
  }

  private func coordinator(
    on store: SQLiteStore
  ) async throws(ProgramError) -> (Coordinator, SessionTable) {
    let epoch: UInt64
    let stored: StoredState
    do throws(StoreError) {
      epoch = try await store.beginEpoch()
      stored = try await store.load()
    } catch { throw .store(error) }
    logger.info(
      "The store holds revision \(stored.revision)",
      metadata: [
        "services": "\(stored.services.count)", "placements": "\(stored.placements.count)",
        "hosts": "\(stored.hosts.count)", "coordinator-epoch": "\(epoch)",
      ])
    let sessions = SessionTable(coordinatorEpoch: epoch, lease: options.settings.lease)
    let core = CoordinatorCore(
      stored: stored, settings: options.settings, coordinatorEpoch: epoch, now: SystemTime.now())
    return (Coordinator(core: core, store: store, sessions: sessions, logger: logger), sessions)
  }

  private func healthServer(
    _ coordinator: Coordinator, _ sessions: SessionTable
  ) throws(ProgramError) -> HealthServer {
    do throws(SocketError) {
      return try HealthServer(
        HealthServer.Configuration(host: options.udpListen.host, port: options.udpListen.port),
        sessions: sessions, deliver: { coordinator.receive($0) },
        deliverSigns: { coordinator.receive($0) })
    } catch {
      throw .cannotListen("\(options.udpListen) (UDP)", reason: error.reason)
    }
  }

  private func run(
    _ coordinator: Coordinator, _ health: HealthServer, _ tokens: Tokens
  ) async throws(ProgramError) {
    let isListening = Flag()
    let logger = logger
    let server = APIServer(
      responder: APIRouter.make(coordinator: coordinator, tokens: tokens, udpPort: health.port)
        .buildResponder(),
      address: options.listen, inherited: options.inherited, logger: logger,
      onListening: { port in
        isListening.set()
        ServiceManager.notify(.ready)
        logger.notice("ready", metadata: ["http-port": "\(port)", "udp-port": "\(health.port)"])
      })
    let watchdog = CoordinatorWatchdog(
      coordinator: coordinator, limit: ServiceManager.watchdogLimit)
    // Ended in the reverse order: first no more requests, last the loop that answers them.
    var configuration = ServiceGroupConfiguration(
      services: [coordinator, health, server, watchdog],
      gracefulShutdownSignals: [.sigterm, .sigint],
      logger: logger)
    configuration.maximumGracefulShutdownDuration = Self.shutdownPatience
    do {
      try await ServiceGroup(configuration: configuration).run()
    } catch let error as StoreError {
      throw .store(error)
    } catch {
      let reason = ProgramError.words(for: error)
      throw isListening.isSet
        ? .failed(reason) : .cannotListen("\(options.listen)", reason: reason)
    }
  }
}

private final class Flag: Sendable {
  private let state = Mutex(false)

  var isSet: Bool { state.withLock { $0 } }

  func set() { state.withLock { $0 = true } }
}
