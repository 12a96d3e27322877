// SPDX-License-Identifier: Apache-2.0

extension Supervision {
  package static let shortestInterval = Span(milliseconds: 100)
  package static let shortestTimeout = Span(milliseconds: 10)
  /// Nothing here may take longer than a day.
  package static let longestTime = Span.seconds(86_400)
  package static let mostInARow = 10_000

  /// Everything that makes this impossible, whoever asks; empty when it is fine.
  package var faults: [SpecFault] {
    hookFaults + backoffFaults + notifyFaults
      + ProbeKind.allCases.flatMap { kind in
        probes[kind].map { Self.faults(of: $0, kind) } ?? []
      }
  }

  /// Probes of ports that the service does not have.
  package func portFaults(names: some Sequence<String>) -> [SpecFault] {
    let known = Set(names)
    return ProbeKind.allCases.compactMap { kind in
      guard let probe = probes[kind], let port = probe.port, !known.contains(port) else {
        return nil
      }
      let there =
        known.isEmpty
        ? "the service has no ports" : "its ports are \(known.sorted().joined(separator: ", "))"
      return SpecFault(
        ["probes", kind.rawValue, probe.http == nil ? "tcp" : "http", "port"],
        "there is no port named \(port); \(there)")
    }
  }

  private var hookFaults: [SpecFault] {
    var faults: [SpecFault] = []
    for (name, command) in [
      ("before_start", beforeStart), ("before_stop", beforeStop), ("after_stop", afterStop),
    ] where command.first == "" {
      faults.append(SpecFault([name], "its first word, the program, is empty"))
    }
    return faults
      + Self.check(hookTimeout, ["hook_timeout"], in: Span(milliseconds: 100)...Self.longestTime)
  }

  private var backoffFaults: [SpecFault] {
    var faults = Self.check(
      backoff.delay, ["backoff", "delay"], in: Span(milliseconds: 0)...Self.longestTime)
    faults += Self.check(
      backoff.longest, ["backoff", "longest"], in: Span(milliseconds: 0)...Self.longestTime)
    faults += Self.check(
      backoff.healthyAfter, ["backoff", "healthy_after"],
      in: Span(milliseconds: 1)...Self.longestTime)
    if backoff.delay > backoff.longest {
      faults.append(
        SpecFault(
          ["backoff", "delay"],
          "\(backoff.delay) is over the longest wait of \(backoff.longest)"))
    }
    return faults
  }

  private var notifyFaults: [SpecFault] {
    notify.watchdog.map {
      Self.check($0, ["notify", "watchdog"], in: Self.shortestInterval...Self.longestTime)
    } ?? []
  }

  private static func faults(of probe: Probe, _ kind: ProbeKind) -> [SpecFault] {
    let path = ["probes", kind.rawValue]
    var faults: [SpecFault] = []
    let ways = [probe.http != nil, probe.tcp != nil, probe.command != nil].count { $0 }
    if ways != 1 {
      faults.append(
        SpecFault(path, "needs exactly one of http, tcp and command, and has \(ways)"))
    }
    if let http = probe.http {
      if !isRequestTarget(http.path) {
        faults.append(
          SpecFault(
            path + ["http", "path"],
            "must begin with / and have no spaces or control characters"))
      }
      if let status = http.status, !(100...599).contains(status) {
        faults.append(SpecFault(path + ["http", "status"], "\(status) is outside 100 to 599"))
      }
    }
    if let command = probe.command, command.first ?? "" == "" {
      faults.append(SpecFault(path + ["command"], "its first word, the program, is empty"))
    }
    faults += check(probe.interval, path + ["interval"], in: shortestInterval...longestTime)
    faults += check(probe.timeout, path + ["timeout"], in: shortestTimeout...longestTime)
    faults += check(
      probe.initialDelay, path + ["initial_delay"], in: Span(milliseconds: 0)...longestTime)
    for (name, count) in [("failures", probe.failures ?? 1), ("successes", probe.successes)]
    where !(1...mostInARow).contains(count) {
      faults.append(SpecFault(path + [name], "\(count) is outside 1 to \(mostInARow)"))
    }
    if kind == .liveness, probe.successes != 1 {
      faults.append(
        SpecFault(
          path + ["successes"],
          "must be 1 here: a program that fails this probe is restarted, and never recovers"))
    }
    return faults
  }

  private static func check(
    _ span: Span, _ path: [String], in range: ClosedRange<Span>
  ) -> [SpecFault] {
    range.contains(span)
      ? [] : [SpecFault(path, "\(span) is outside \(range.lowerBound) to \(range.upperBound)")]
  }

  /// What may stand between method and version in a request's first line (RFC 9112, 3.2.1).
  private static func isRequestTarget(_ text: String) -> Bool {
    text.utf8.first == UInt8(ascii: "/") && text.utf8.count <= 2048
      && text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
  }
}
