// SPDX-License-Identifier: Apache-2.0

/// `POST /v1/apply`: the specs, already free of syntax. The API also takes the YAML or JSON text of spec
/// documents in place of this (content type `application/yaml`).
package struct ApplyRequest: Hashable, Sendable, Codable {
  package var services: [ServiceSpec]

  package init(services: [ServiceSpec]) { self.services = services }
}

package struct ApplyResponse: Hashable, Sendable, Codable {
  package enum Outcome: String, Hashable, Sendable, Codable {
    case created, updated, unchanged
  }

  package struct Service: Hashable, Sendable, Codable {
    package var name: ServiceName
    package var outcome: Outcome
    /// What will happen, or what cannot, in words.
    package var message: String

    package init(name: ServiceName, outcome: Outcome, message: String) {
      self.name = name
      self.outcome = outcome
      self.message = message
    }
  }

  /// The durable commit that holds the specs.
  package var revision: Revision
  package var services: [Service]

  package init(revision: Revision, services: [Service]) {
    self.revision = revision
    self.services = services
  }
}

/// `POST /v1/services/{name}/scale`.
package struct ScaleRequest: Hashable, Sendable, Codable {
  package var replicas: Int

  package init(replicas: Int) { self.replicas = replicas }
}

/// `POST /v1/services/{name}/resize`: answered when the kernel's values were read back on every instance it
/// concerns, or with 504 and the stragglers' names after `timeout`.
package struct ResizeRequest: Hashable, Sendable, Codable {
  /// One instance; nil is the whole service, and its later instances too.
  package var slot: Int?
  package var change: ResourcesChange
  /// nil is 10 s.
  package var timeout: Span?
  /// Whether a lower memory limit is written even where the kernel then kills the instance; nil is no.
  package var force: Bool?

  package init(
    slot: Int? = nil, change: ResourcesChange, timeout: Span? = nil, force: Bool? = nil
  ) {
    self.slot = slot
    self.change = change
    self.timeout = timeout
    self.force = force
  }
}

package struct ResizeResponse: Hashable, Sendable, Codable {
  package struct Instance: Hashable, Sendable, Codable {
    package var id: InstanceID
    package var host: HostID
    package var pid: Int32?
    /// The agent's own part: write and read back, in microseconds.
    package var microseconds: Int64?
    package var knobs: [KnobReport]

    package init(
      id: InstanceID, host: HostID, pid: Int32?, microseconds: Int64?, knobs: [KnobReport]
    ) {
      self.id = id
      self.host = host
      self.pid = pid
      self.microseconds = microseconds
      self.knobs = knobs
    }
  }

  package var revision: Revision
  /// From the request's arrival at the coordinator to this answer, in microseconds.
  package var microseconds: Int64
  package var instances: [Instance]

  package init(revision: Revision, microseconds: Int64, instances: [Instance]) {
    self.revision = revision
    self.microseconds = microseconds
    self.instances = instances
  }
}

/// `POST /v1/hosts/{host}/cordon`.
package struct CordonRequest: Hashable, Sendable, Codable {
  /// For people.
  package var reason: String?

  package init(reason: String? = nil) { self.reason = reason }
}

/// `POST /v1/hosts/{host}/drain`.
package struct DrainRequest: Hashable, Sendable, Codable {
  package var reason: String?
  /// How many instances may be on the way at once; nil is 4.
  package var pace: Int?
  /// After which time what is left is stopped though nothing took its place; nil: never.
  package var deadline: Span?

  package init(reason: String? = nil, pace: Int? = nil, deadline: Span? = nil) {
    self.reason = reason
    self.pace = pace
    self.deadline = deadline
  }
}

/// `POST /v1/hosts/{host}/taints`: what is taken away goes first; a taint that is added replaces one with its key.
package struct TaintRequest: Hashable, Sendable, Codable {
  package var add: [Taint]
  package var remove: [Toleration]

  package init(add: [Taint] = [], remove: [Toleration] = []) {
    self.add = add
    self.remove = remove
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    add = try values.decodeIfPresent([Taint].self, forKey: .add) ?? []
    remove = try values.decodeIfPresent([Toleration].self, forKey: .remove) ?? []
  }
}

/// The answer to whatever changes a service or a host.
package struct ChangeResponse: Hashable, Sendable, Codable {
  package var revision: Revision
  package var message: String

  package init(revision: Revision, message: String) {
    self.revision = revision
    self.message = message
  }
}
