// SPDX-License-Identifier: Apache-2.0
import NIOCore
import TendonClient
import TendonLab
import TendonLabClient
import TendonModel
import TendonSpec

extension LabCluster {
  /// Applies spec documents in YAML and returns their names, in the text's order.
  @discardableResult
  func apply(_ yaml: String) async throws -> [ServiceName] {
    let result = SpecParser.parse([SpecSource(text: yaml)])
    guard result.errors.isEmpty else {
      throw LabClusterError("the test's spec is wrong: \(result.errors)")
    }
    _ = try await client.apply(ApplyRequest(services: result.specs))
    return result.specs.map(\.name)
  }

  /// Applies one service and returns its processes when all its replicas run.
  func run(_ yaml: String, replicas: Int) async throws -> [SeenProcess] {
    let names = try await apply(yaml)
    for name in names { try await waitUntilRunning(name, replicas: replicas) }
    return try await processes(of: names[0])
  }

  /// Waits until an instance is as wanted.
  @discardableResult
  func waitFor(
    _ id: InstanceID, within limit: Duration = .seconds(30),
    until isWanted: @escaping @Sendable (InstanceView) -> Bool
  ) async throws -> InstanceView {
    let views = try await waitForInstances(of: id.service, within: limit) { views in
      views.contains { $0.id == id && isWanted($0) }
    }
    guard let view = views.first(where: { $0.id == id }) else {
      throw LabClusterError("\(id) is not shown")
    }
    return view
  }

  /// What happened after the commit `revision`, as `reason host` for events about hosts.
  func hostEvents(since revision: Revision) async throws -> [String] {
    try await client.events(EventFilter(since: revision)).compactMap { event in
      event.reason.hasPrefix("host-") ? "\(event.reason) \(event.host?.rawValue ?? "")" : nil
    }
  }

  func revision() async throws -> Revision { try await client.version().revision }

  /// Everything that one stream of an instance's output holds so far.
  func output(of id: InstanceID, _ request: LogRequest) async throws -> String {
    var text = ""
    for try await chunk in try await client.logs(of: id, request) { text += String(buffer: chunk) }
    return text
  }
}

extension ServiceName {
  /// The instance in a slot.
  func slot(_ number: Int) -> InstanceID { InstanceID(service: self, slot: number) }
}
