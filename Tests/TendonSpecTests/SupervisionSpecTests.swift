// SPDX-License-Identifier: Apache-2.0

import Foundation
import TendonModel
import TendonSpec
import Testing

@Suite struct SupervisionSpecTests {
  private static let full = """
    name: web
    command: [server]
    ports: {http: auto, admin: 9000}
    before_start: [sh, -c, migrate]
    before_stop: [drain, "5"]
    after_stop: [rm, -f, lock]
    hook_timeout: 5s
    stop_signal: SIGQUIT
    backoff: {delay: 0s, longest: 10s, healthy_after: 20s}
    probes:
      startup: {tcp: {port: admin}, interval: 100ms, failures: 600}
      readiness: {http: {port: http, path: "/health?full=1", status: 204}, successes: 2}
      liveness: {command: [check, "1"], interval: 5s, timeout: 2s, initial_delay: 3s}
    notify: {ready: true, watchdog: 10s}
    """

  private func parsed(_ text: String) throws -> ServiceSpec {
    let result = SpecParser.parse([SpecSource(text: text)])
    return try #require(result.specs.first, "\(result.errors)")
  }

  @Test("Every key is read, written back, and kept as a record.")
  func full() throws {
    let spec = try parsed(Self.full)
    let supervision = spec.supervision
    #expect(supervision.beforeStart == ["sh", "-c", "migrate"])
    #expect(
      supervision.beforeStop == ["drain", "5"] && supervision.afterStop == ["rm", "-f", "lock"])
    #expect(supervision.hookTimeout == .seconds(5) && supervision.stopSignal == .quit)
    #expect(
      supervision.backoff
        == BackoffSettings(
          delay: Span(milliseconds: 0), longest: .seconds(10), healthyAfter: .seconds(20)))
    #expect(
      supervision.probes
        == Probes(
          startup: Probe(
            tcp: .init(port: "admin"), interval: Span(milliseconds: 100), failures: 600),
          readiness: Probe(
            http: .init(port: "http", path: "/health?full=1", status: 204), successes: 2),
          liveness: Probe(
            command: ["check", "1"], interval: .seconds(5), timeout: .seconds(2),
            initialDelay: .seconds(3))))
    #expect(supervision.notify == NotifySettings(ready: true, watchdog: .seconds(10)))
    #expect(try parsed(SpecWriter.yaml(spec)) == spec, "\(SpecWriter.yaml(spec))")
    let json = try JSONEncoder().encode(spec)
    #expect(try JSONDecoder().decode(ServiceSpec.self, from: json) == spec)
  }

  @Test("What holds by default is neither written nor stored, and an older record is read.")
  func defaults() throws {
    let spec = try parsed("name: a\ncommand: [x]")
    #expect(spec.supervision == Supervision() && !spec.supervision.gatesReadiness)
    let json = try #require(String(data: JSONEncoder().encode(spec), encoding: .utf8))
    for key in ["probes", "backoff", "hook", "notify", "stop_signal", "before", "after_stop"] {
      #expect(!json.contains(key), "\(key)")
    }
  }

  @Test(
    "Every impossible combination is refused at its place.",
    arguments: [
      (
        "probes: {liveness: {interval: 1s}}", "probes.liveness",
        "exactly one of http, tcp and command"
      ),
      (
        "probes: {liveness: {tcp: {port: a}, command: [x]}}", "probes.liveness", "and has 2"
      ),
      (
        "probes: {readiness: {command: [x], interval: 50ms}}", "probes.readiness.interval",
        "outside 100ms to 1d"
      ),
      (
        "probes: {readiness: {command: [x], timeout: 1ms}}", "probes.readiness.timeout",
        "outside 10ms"
      ),
      (
        "probes: {readiness: {command: [x], failures: 0}}", "probes.readiness.failures",
        "outside 1 to"
      ),
      (
        "probes: {liveness: {command: [x], successes: 2}}", "probes.liveness.successes",
        "must be 1 here"
      ),
      (
        "probes: {startup: {tcp: {port: nope}}}", "probes.startup.tcp.port",
        "the service has no ports"
      ),
      (
        "ports: {b: auto}\nprobes: {startup: {http: {port: a}}}", "probes.startup.http.port",
        "no port named a; its ports are b"
      ),
      (
        "ports: {a: auto}\nprobes: {readiness: {http: {port: a, path: health}}}",
        "probes.readiness.http.path", "must begin with /"
      ),
      (
        "ports: {a: auto}\nprobes: {readiness: {http: {port: a, status: 99}}}",
        "probes.readiness.http.status", "outside 100 to 599"
      ),
      (
        "ports: {a: auto}\nprobes: {readiness: {http: {path: /}}}", "probes.readiness.http.port",
        "is missing"
      ),
      ("probes: {alive: {command: [x]}}", "probes.alive", "unknown key"),
      ("probes: {liveness: {command: []}}", "probes.liveness.command", "is empty"),
      ("before_start: run this", "before_start", "as a list"),
      ("after_stop: [\"\"]", "after_stop", "the program, is empty"),
      ("hook_timeout: 10ms", "hook_timeout", "outside 100ms to 1d"),
      ("stop_signal: SIGKILL", "stop_signal", "is not one of SIGTERM"),
      ("backoff: {delay: 1m}", "backoff.delay", "over the longest wait of 30s"),
      ("backoff: {healthy_after: 0s}", "backoff.healthy_after", "outside 1ms"),
      ("notify: {watchdog: 10ms}", "notify.watchdog", "outside 100ms"),
      ("notify: {ready: \"true\"}", "notify.ready", "is not true or false"),
      ("notify: {ready: yes}", "notify.ready", "is not true or false"),
    ])
  func refused(lines: String, path: String, says: String) {
    let result = SpecParser.parse([SpecSource(text: "name: a\ncommand: [x]\n" + lines)])
    #expect(result.specs.isEmpty)
    let error = result.errors.first
    #expect(error?.subject == path, "\(result.errors)")
    #expect(error?.message.contains(says) == true, "\(result.errors)")
    #expect((error?.line ?? 0) >= 3)
  }
}
