// SPDX-License-Identifier: Apache-2.0

/// `POST /v1/plan`, with the body of `POST /v1/apply`: what applying would do, and nothing is done.
package struct PlanView: Hashable, Sendable, Codable {
  /// One thing that would happen.
  package struct Step: Hashable, Sendable, Codable {
    package enum Kind: String, Hashable, Sendable, Codable {
      /// A copy is placed on the host.
      case place
      /// The copy on the host is stopped.
      case stop
      /// Its limits are changed where it runs.
      case resize
    }

    package var kind: Kind
    package var instance: InstanceID
    package var host: HostID
    /// Why; empty where the kind says it all.
    package var message: String

    package init(kind: Kind, instance: InstanceID, host: HostID, message: String) {
      self.kind = kind
      self.instance = instance
      self.host = host
      self.message = message
    }
  }

  /// An instance that would have no host in the end.
  package struct Waiting: Hashable, Sendable, Codable {
    package var instance: InstanceID
    package var reason: String

    package init(instance: InstanceID, reason: String) {
      self.instance = instance
      self.reason = reason
    }
  }

  /// What the services would become.
  package var services: [ApplyResponse.Service]
  /// In the order in which they would happen if every new copy became ready, and nothing else happened.
  package var steps: [Step]
  package var waiting: [Waiting]
  /// Whether there are more steps than were followed.
  package var isCut: Bool

  enum CodingKeys: String, CodingKey {
    case services, steps, waiting
    case isCut = "cut"
  }

  package init(
    services: [ApplyResponse.Service], steps: [Step], waiting: [Waiting], isCut: Bool = false
  ) {
    self.services = services
    self.steps = steps
    self.waiting = waiting
    self.isCut = isCut
  }
}
