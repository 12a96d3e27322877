// SPDX-License-Identifier: Apache-2.0

/// What kind of work the service is and which hosts it may run on: the keys `kind`, `hosts`, `job`, `cron`.
///
/// Its keys stand at the top level of a spec, beside those of `ServiceSpec` itself. A key that is absent means its
/// default, so that what an older version stored can be read.
package struct Workload: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
    /// So many replicas, kept running.
    case service
    /// Run until so many completions have succeeded.
    case job
    /// One instance on every host that matches.
    case daemon
    /// A job at every time of a schedule.
    case cron
  }

  package var kind: Kind
  /// Labels that a host must have, with these values, to run any of it.
  package var hosts: [String: String]
  /// How a job, or each run of a cron, is done; nil is `JobSettings()`.
  package var job: JobSettings?
  /// When a cron runs.
  package var cron: CronSettings?

  package init(
    kind: Kind = .service, hosts: [String: String] = [:], job: JobSettings? = nil,
    cron: CronSettings? = nil
  ) {
    self.kind = kind
    self.hosts = hosts
    self.job = job
    self.cron = cron
  }

  package var jobSettings: JobSettings { job ?? JobSettings() }

  /// Whether its instances come to an end by themselves.
  package var isFinite: Bool { kind == .job || kind == .cron }

  /// Whether the labels are those of a host that may run it.
  package func matches(_ labels: [String: String]) -> Bool {
    hosts.allSatisfy { labels[$0.key] == $0.value }
  }

  /// Whether going from `other` to this needs new processes.
  package func needsNewProcesses(comparedTo other: Workload) -> Bool { kind != other.kind }

  /// What holds when a spec of this kind does not say: a finite one is tried again by the coordinator, which counts.
  package var defaultRestart: RestartPolicy { isFinite ? .never : .always }

  /// Everything that makes this impossible, whoever asks; empty when it is fine.
  package var faults: [SpecFault] {
    var faults: [SpecFault] = []
    if let job {
      if isFinite {
        faults += job.faults
      } else {
        faults.append(
          SpecFault(["job"], "is for kind job and cron, and this is a \(kind.rawValue)"))
      }
    }
    switch (kind, cron) {
    case (.cron, nil):
      faults.append(
        SpecFault(["kind"], "a cron needs to know when: add cron: {schedule: \"0 3 * * *\"}"))
    case (.cron, let cron?): faults += cron.faults
    case (_, nil): break
    case (_, .some):
      faults.append(SpecFault(["cron"], "is for kind cron, and this is a \(kind.rawValue)"))
    }
    return faults
  }

  /// A daemon's instance is on its own host or nowhere, so nothing has to be kept from running elsewhere.
  package func fenceFaults(_ fence: Bool) -> [SpecFault] {
    guard fence, kind == .daemon else { return [] }
    return [
      SpecFault(
        ["fence"],
        "a daemon's instance runs on its own host only, and a lease could only take it away there: leave it out"
      )
    ]
  }

  /// What of the rest of a spec does not go with its kind.
  package func conflicts(replicas: Int, restart: RestartPolicy) -> [SpecFault] {
    var faults: [SpecFault] = []
    if replicas != 1 {
      switch kind {
      case .service: break
      case .daemon:
        faults.append(
          SpecFault(
            ["replicas"], "a daemon has one instance on every host that matches: leave it out"))
      case .job, .cron:
        faults.append(
          SpecFault(
            ["replicas"],
            "a \(kind.rawValue) has completions: leave it out and write job: {completions: \(replicas)}"
          ))
      }
    }
    if isFinite, restart == .always {
      faults.append(
        SpecFault(
          ["restart"],
          "a \(kind.rawValue) runs to completion, and always never ends: write never or on-failure")
      )
    }
    return faults
  }
}

extension Workload: Codable {
  enum CodingKeys: String, CodingKey {
    case kind, hosts, job, cron
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    kind = try values.decodeIfPresent(Kind.self, forKey: .kind) ?? .service
    hosts = try values.decodeIfPresent([String: String].self, forKey: .hosts) ?? [:]
    job = try values.decodeIfPresent(JobSettings.self, forKey: .job)
    cron = try values.decodeIfPresent(CronSettings.self, forKey: .cron)
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    if kind != .service { try values.encode(kind, forKey: .kind) }
    if !hosts.isEmpty { try values.encode(hosts, forKey: .hosts) }
    try values.encodeIfPresent(job, forKey: .job)
    try values.encodeIfPresent(cron, forKey: .cron)
  }
}
