// SPDX-License-Identifier: Apache-2.0

/// What a user submits: a named request for some replicas of a command.
package struct ServiceSpec: Hashable, Sendable {
  /// The largest number of replicas of one service.
  package static let largestReplicas = 100_000

  package var name: ServiceName
  /// The program and its arguments; the program is searched in the instance's `PATH`.
  package var command: [String]
  /// Added to the environment that the agent gives every instance.
  package var env: [String: String]
  /// An absolute path on the host; nil is the instance's own directory.
  package var workdir: String?
  /// `name`, `name:group` or numbers; nil runs as root.
  package var user: String?
  package var replicas: Int
  /// In the order of their names.
  package var ports: [PortSpec]
  package var resources: Resources
  package var restart: RestartPolicy
  /// How long a stopping instance has between SIGTERM and the kill of its cgroup.
  package var stopGrace: Span
  package var labels: [String: String]
  /// Whether never more than one copy of an instance may run at one time, even if that means that none does: it lives
  /// by its host's lease.
  package var fence = false
  /// Where no host has room, instances of services with lower priority make some.
  package var priority = Priority.normal
  package var placement = PlacementRules()
  /// How many instances may be unavailable because of what is done on purpose; nil: no such bound.
  package var budget: BudgetSettings?
  package var workload: Workload
  package var supervision: Supervision
  package var sandbox: Sandbox
  package var logs: LogSettings

  enum CodingKeys: String, CodingKey {
    case name, command, env, workdir, user, replicas, ports, resources, restart, labels, fence
    case priority, placement
    case stopGrace = "stop_grace"
    case budget = "disruption"
  }

  package init(
    name: ServiceName, command: [String], env: [String: String] = [:], workdir: String? = nil,
    user: String? = nil, replicas: Int = 1, ports: [PortSpec] = [],
    resources: Resources = Resources(), restart: RestartPolicy = .always,
    stopGrace: Span = .seconds(10), labels: [String: String] = [:],
    workload: Workload = Workload(), supervision: Supervision = Supervision(),
    sandbox: Sandbox = Sandbox(), logs: LogSettings = LogSettings()
  ) {
    self.name = name
    self.command = command
    self.env = env
    self.workdir = workdir
    self.user = user
    self.replicas = replicas
    self.ports = ports
    self.resources = resources
    self.restart = restart
    self.stopGrace = stopGrace
    self.labels = labels
    self.workload = workload
    self.supervision = supervision
    self.sandbox = sandbox
    self.logs = logs
  }

  /// Whether going from `other` to this needs new processes: what can be changed in a running
  /// instance (resources, replicas, restart, labels, stop grace) does not.
  package func needsNewProcesses(comparedTo other: ServiceSpec) -> Bool {
    command != other.command || env != other.env || workdir != other.workdir || user != other.user
      || ports != other.ports || fence != other.fence
      || workload.needsNewProcesses(comparedTo: other.workload)
      || supervision.needsNewProcesses(comparedTo: other.supervision)
      || sandbox.needsNewProcesses(comparedTo: other.sandbox)
      || logs.needsNewProcesses(comparedTo: other.logs)
  }
}

extension ServiceSpec: Codable {
  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    name = try values.decode(ServiceName.self, forKey: .name)
    command = try values.decode([String].self, forKey: .command)
    env = try values.decode([String: String].self, forKey: .env)
    workdir = try values.decodeIfPresent(String.self, forKey: .workdir)
    user = try values.decodeIfPresent(String.self, forKey: .user)
    replicas = try values.decode(Int.self, forKey: .replicas)
    ports = try values.decode([PortSpec].self, forKey: .ports)
    resources = try values.decode(Resources.self, forKey: .resources)
    restart = try values.decode(RestartPolicy.self, forKey: .restart)
    stopGrace = try values.decode(Span.self, forKey: .stopGrace)
    labels = try values.decode([String: String].self, forKey: .labels)
    fence = try values.decodeIfPresent(Bool.self, forKey: .fence) ?? false
    priority = try values.decodeIfPresent(Priority.self, forKey: .priority) ?? .normal
    placement =
      try values.decodeIfPresent(PlacementRules.self, forKey: .placement) ?? PlacementRules()
    budget = try values.decodeIfPresent(BudgetSettings.self, forKey: .budget)
    // Their keys stand beside ours.
    workload = try Workload(from: decoder)
    supervision = try Supervision(from: decoder)
    sandbox = try Sandbox(from: decoder)
    logs = try LogSettings(from: decoder)
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(name, forKey: .name)
    try values.encode(command, forKey: .command)
    try values.encode(env, forKey: .env)
    try values.encodeIfPresent(workdir, forKey: .workdir)
    try values.encodeIfPresent(user, forKey: .user)
    try values.encode(replicas, forKey: .replicas)
    try values.encode(ports, forKey: .ports)
    try values.encode(resources, forKey: .resources)
    try values.encode(restart, forKey: .restart)
    try values.encode(stopGrace, forKey: .stopGrace)
    try values.encode(labels, forKey: .labels)
    if fence { try values.encode(fence, forKey: .fence) }
    if priority != .normal { try values.encode(priority, forKey: .priority) }
    if !placement.isStandard { try values.encode(placement, forKey: .placement) }
    try values.encodeIfPresent(budget, forKey: .budget)
    try workload.encode(to: encoder)
    try supervision.encode(to: encoder)
    try sandbox.encode(to: encoder)
    try logs.encode(to: encoder)
  }

  /// What is wrong with how its instances may be moved.
  private var moveFaults: [SpecFault] {
    (budget?.faults(kind: workload.kind, replicas: replicas, fence: fence) ?? [])
      + workload.fenceFaults(fence)
  }

  /// Whether the labels are those of a host that may run it.
  package func suits(_ labels: [String: String]) -> Bool {
    workload.matches(labels) && placement.constraints.allSatisfy { $0.holds(for: labels) }
  }

  /// Whether there may be hosts that do not suit it.
  package var choosesHosts: Bool { !workload.hosts.isEmpty || !placement.constraints.isEmpty }

  /// Everything in the sections that makes this impossible, whoever asks; `resources` have faults of their own.
  package var faults: [SpecFault] {
    placement.faults + workload.faults + workload.conflicts(replicas: replicas, restart: restart)
      + moveFaults + supervision.faults + supervision.portFaults(names: ports.map(\.name))
      + sandbox.faults
      + sandbox.portFaults(ports) + logs.faults
  }
}

/// A named TCP or UDP port of an instance, given to the process as `PORT_<NAME>`.
package struct PortSpec: Hashable, Sendable, Codable {
  package var name: String
  /// The port on the host; nil lets the host hand out a free one.
  package var fixed: UInt16?

  package init(name: String, fixed: UInt16? = nil) {
    self.name = name
    self.fixed = fixed
  }

  /// The variable that carries the port: upper case, `-` as `_`.
  package var variable: String {
    "PORT_" + name.uppercased().map { $0 == "-" ? "_" : String($0) }.joined()
  }
}

/// What happens when an instance's process ends by itself.
package enum RestartPolicy: String, Hashable, Sendable, Codable, CaseIterable {
  /// It is started again, whatever its status.
  case always
  /// It is started again unless it exited with status 0.
  case onFailure = "on-failure"
  /// It stays ended.
  case never
}
