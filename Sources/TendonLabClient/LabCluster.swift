// SPDX-License-Identifier: Apache-2.0

package import TendonClient
package import TendonLab
package import TendonModel

/// A lab whose coordinator answers, seen through the API and, beside it, through the hosts' own kernels.
package struct LabCluster: Sendable {
  package let lab: Lab
  package let client: TendonClient

  /// - Parameter client: of the coordinator that the hosts are looked at through; closed with `close`.
  package init(lab: Lab, client: TendonClient) {
    self.lab = lab
    self.client = client
  }

  /// Connects to a lab that is up, runs `body` once all its hosts are ready and their streams open, and disconnects.
  package static func with<Result>(
    _ lab: Lab, within limit: Duration = .seconds(60),
    _ body: (LabCluster) async throws -> Result
  ) async throws -> Result {
    let cluster = try await connect(to: lab, within: limit)
    do {
      let result = try await body(cluster)
      try await cluster.close()
      return result
    } catch {
      try await cluster.close()
      throw error
    }
  }

  /// The same for a test that ends the connection itself, with `close`.
  package static func connect(
    to lab: Lab, within limit: Duration = .seconds(60)
  ) async throws -> LabCluster {
    guard let token = try lab.apiToken() else {
      throw LabClusterError("the lab's coordinator has written no API token")
    }
    let cluster = LabCluster(
      lab: lab,
      client: TendonClient(address: try ServerAddress(lab.serverURL), token: token))
    do {
      try await cluster.waitForHosts(within: limit) { hosts in
        hosts.count == lab.hosts.count && hosts.allSatisfy { $0.state == .ready && $0.isConnected }
      }
    } catch {
      try await cluster.close()
      throw error
    }
    return cluster
  }

  package func close() async throws { try await client.shutdown() }

  /// Waits until the instances of a service are as wanted, woken by the coordinator's watch.
  @discardableResult
  package func waitForInstances(
    of service: ServiceName, within limit: Duration = .seconds(60),
    until isWanted: @escaping @Sendable ([InstanceView]) -> Bool
  ) async throws -> [InstanceView] {
    try await wait(for: "the instances of \(service)", within: limit) {
      var views: [InstanceID: InstanceView] = [:]
      var isSynced = false
      for try await line in try await client.watchInstances(of: service) {
        switch line {
        case .put(let view): views[view.id] = view
        case .removed(let name): views[try InstanceID(name)] = nil
        case .synced: isSynced = true
        }
        let sorted = views.values.sorted { $0.id < $1.id }
        if isSynced, isWanted(sorted) { return sorted }
      }
      throw LabClusterError("the coordinator ended the watch")
    }
  }

  /// Waits until a service has this many instances, all running, and no surplus copies.
  @discardableResult
  package func waitUntilRunning(
    _ service: ServiceName, replicas: Int, within limit: Duration = .seconds(60)
  ) async throws -> [InstanceView] {
    try await waitForInstances(of: service, within: limit) { views in
      views.count == replicas && views.allSatisfy { $0.state == .running && $0.placements == 1 }
    }
  }

  @discardableResult
  package func waitForHosts(
    within limit: Duration = .seconds(60),
    until isWanted: @escaping @Sendable ([HostView]) -> Bool
  ) async throws -> [HostView] {
    try await wait(for: "the hosts", within: limit) {
      var views: [HostID: HostView] = [:]
      var isSynced = false
      for try await line in try await client.watchHosts() {
        switch line {
        case .put(let view): views[view.id] = view
        case .removed(let name): views[try HostID(name)] = nil
        case .synced: isSynced = true
        }
        let sorted = views.values.sorted { $0.id < $1.id }
        if isSynced, isWanted(sorted) { return sorted }
      }
      throw LabClusterError("the coordinator ended the watch")
    }
  }

  /// Runs a watch until it has what it looks for. A watch that breaks, as with a coordinator that restarts, is begun again.
  private func wait<Found: Sendable>(
    for what: String, within limit: Duration,
    _ watch: @escaping @Sendable () async throws -> Found
  ) async throws -> Found {
    try await withThrowingTaskGroup(of: Found?.self) { group in
      group.addTask {
        while true {
          do {
            return try await watch()
          } catch let error as ClientError {
            // Waiting makes no answer readable that is not.
            if case .malformedAnswer = error { throw error }
            try await Task.sleep(for: .milliseconds(50))
          } catch is LabClusterError {
            try await Task.sleep(for: .milliseconds(50))
          }
        }
      }
      group.addTask {
        try await Task.sleep(for: limit)
        return nil
      }
      defer { group.cancelAll() }
      guard let found = try await group.next() ?? nil else {
        throw LabClusterError("\(what) were not as wanted within \(limit)")
      }
      return found
    }
  }
}

/// What a lab's cluster did not do, in words.
package struct LabClusterError: Error, Hashable, Sendable, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }
}
