// SPDX-License-Identifier: Apache-2.0
import Synchronization
import TendonClient
import TendonModel

/// Waits for the cluster to become as it was asked to be, by watching it.
struct Waiting {
  let limit: Span

  /// - Throws: `CLIError.notDone` with what is missing, once the time is over.
  func untilRunning(_ readiness: Readiness, _ client: TendonClient) async throws {
    try await watchInstances(client, readiness, "not all replicas run") { readiness, line in
      readiness.take(line)
      return readiness.isReached ? nil : readiness.missing
    }
  }

  func untilGone(_ services: [ServiceName], _ client: TendonClient) async throws {
    try await watchInstances(client, Remaining(services: services), "not everything has ended") {
      remaining, line in
      remaining.take(line)
      return remaining.isReached ? nil : remaining.missing
    }
  }

  /// Follows all instances until `step`, which gets each line and a state of its own, returns nil. A
  /// coordinator that goes away meanwhile may come back in time.
  private func watchInstances<State: Sendable>(
    _ client: TendonClient, _ initial: State, _ complaint: String,
    step: @escaping @Sendable (inout State, WatchLine<InstanceView>) -> [String]?
  ) async throws {
    let latest = Latest()
    let limit = limit
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        while true {
          do {
            var state = initial
            for try await line in try await client.watchInstances() {
              guard let missing = step(&state, line) else { return }
              latest.missing.withLock { $0 = missing }
            }
          } catch ClientError.unreachable(let address, let why) {
            latest.missing.withLock { $0 = ["cannot reach \(address): \(why)"] }
          }
          try await Task.sleep(for: .milliseconds(250))
        }
      }
      group.addTask {
        try await Task.sleep(for: limit.duration)
        throw CLIError.notDone(
          "\(complaint) after \(limit):", missing: latest.missing.withLock { $0 })
      }
      try await group.next()
      group.cancelAll()
    }
  }

  /// What was missing at the last look.
  private final class Latest: Sendable {
    let missing = Mutex<[String]>([])
  }
}

/// The instances that are left of deleted services.
struct Remaining {
  private let services: Set<ServiceName>
  private var instances: [InstanceID: InstanceView] = [:]
  private var isSynced = false

  init(services: [ServiceName]) { self.services = Set(services) }

  mutating func take(_ line: WatchLine<InstanceView>) {
    switch line {
    case .put(let view) where services.contains(view.id.service): instances[view.id] = view
    case .put: break
    case .removed(let name): instances = instances.filter { $0.key.description != name }
    case .synced: isSynced = true
    }
  }

  var isReached: Bool { isSynced && instances.isEmpty }

  var missing: [String] {
    instances.values.sorted { $0.id < $1.id }.map { view in
      "\(view.id) is \(view.state.rawValue)" + (view.message.isEmpty ? "" : ": \(view.message)")
    }
  }
}
