// SPDX-License-Identifier: Apache-2.0

/// A question asked of an instance again and again. Exactly one of `http`, `tcp` and `command` is how.
package struct Probe: Hashable, Sendable {
  package struct HTTP: Hashable, Sendable, Codable {
    /// The name of one of the service's ports.
    package var port: String
    /// Begins with `/`; may have a query.
    package var path: String
    /// The status that is wanted; nil takes 200 to 399.
    package var status: Int?

    package init(port: String, path: String, status: Int? = nil) {
      self.port = port
      self.path = path
      self.status = status
    }
  }

  package struct TCP: Hashable, Sendable, Codable {
    /// The name of one of the service's ports.
    package var port: String

    package init(port: String) { self.port = port }
  }

  /// The one way of a probe.
  package enum Check: Hashable, Sendable {
    case http(HTTP)
    case tcp(TCP)
    /// Run beside the program; status 0 is a success.
    case command([String])
  }

  package static let defaultInterval = Span.seconds(1)
  package static let defaultTimeout = Span.seconds(1)

  package var http: HTTP?
  package var tcp: TCP?
  package var command: [String]?
  /// From the beginning of one attempt to that of the next; an attempt that takes longer delays the next.
  package var interval: Span
  /// The most that one attempt may take.
  package var timeout: Span
  /// How many failures in a row change the verdict; nil is the kind's default.
  package var failures: Int?
  /// How many successes in a row change the verdict.
  package var successes: Int
  /// Before the first attempt.
  package var initialDelay: Span

  package init(
    http: HTTP? = nil, tcp: TCP? = nil, command: [String]? = nil,
    interval: Span = Probe.defaultInterval, timeout: Span = Probe.defaultTimeout,
    failures: Int? = nil, successes: Int = 1, initialDelay: Span = Span(milliseconds: 0)
  ) {
    self.http = http
    self.tcp = tcp
    self.command = command
    self.interval = interval
    self.timeout = timeout
    self.failures = failures
    self.successes = successes
    self.initialDelay = initialDelay
  }

  /// How it asks; nil when it has no way or several, which `Supervision.faults` refuses.
  package var check: Check? {
    switch (http, tcp, command) {
    case (let http?, nil, nil): .http(http)
    case (nil, let tcp?, nil): .tcp(tcp)
    case (nil, nil, let command?): .command(command)
    default: nil
    }
  }

  /// The name of the port it asks at, if any.
  package var port: String? { http?.port ?? tcp?.port }
}

extension Probe: Codable {
  private enum CodingKeys: String, CodingKey {
    case http, tcp, command, interval, timeout, failures, successes
    case initialDelay = "initial_delay"
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    http = try values.decodeIfPresent(HTTP.self, forKey: .http)
    tcp = try values.decodeIfPresent(TCP.self, forKey: .tcp)
    command = try values.decodeIfPresent([String].self, forKey: .command)
    interval = try values.decodeIfPresent(Span.self, forKey: .interval) ?? Self.defaultInterval
    timeout = try values.decodeIfPresent(Span.self, forKey: .timeout) ?? Self.defaultTimeout
    failures = try values.decodeIfPresent(Int.self, forKey: .failures)
    successes = try values.decodeIfPresent(Int.self, forKey: .successes) ?? 1
    initialDelay =
      try values.decodeIfPresent(Span.self, forKey: .initialDelay) ?? Span(milliseconds: 0)
  }
}

/// What a probe is asked for.
package enum ProbeKind: String, Hashable, Sendable, Codable, CaseIterable {
  /// Whether the program has started up; until then nothing else is asked. Failing restarts it.
  case startup
  /// Whether it can serve. Failing makes it not ready, no more.
  case readiness
  /// Whether it still works. Failing restarts it.
  case liveness

  /// How many failures in a row count where the spec does not say: a start may take long.
  package var defaultFailures: Int { self == .startup ? 60 : 3 }
}

/// The probes of a service.
package struct Probes: Hashable, Sendable, Codable {
  package var startup: Probe?
  package var readiness: Probe?
  package var liveness: Probe?

  package init(startup: Probe? = nil, readiness: Probe? = nil, liveness: Probe? = nil) {
    self.startup = startup
    self.readiness = readiness
    self.liveness = liveness
  }

  package subscript(kind: ProbeKind) -> Probe? {
    get {
      switch kind {
      case .startup: startup
      case .readiness: readiness
      case .liveness: liveness
      }
    }
    set {
      switch kind {
      case .startup: startup = newValue
      case .readiness: readiness = newValue
      case .liveness: liveness = newValue
      }
    }
  }
}
