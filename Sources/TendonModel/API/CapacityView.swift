// SPDX-License-Identifier: Apache-2.0

/// `POST /v1/capacity`, with the body of `POST /v1/apply`: how many more instances of each service would find a host, each
/// service taken by itself. Nothing is placed.
package struct CapacityView: Hashable, Sendable, Codable {
  package struct Service: Hashable, Sendable, Codable {
    package var name: ServiceName
    package var count: Int
    /// What keeps the next one off; nil where the count is the most that is counted.
    package var limit: String?

    package init(name: ServiceName, count: Int, limit: String?) {
      self.name = name
      self.count = count
      self.limit = limit
    }
  }

  package var services: [Service]

  package init(services: [Service]) { self.services = services }
}
