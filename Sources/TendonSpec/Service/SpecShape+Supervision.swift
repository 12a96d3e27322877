// SPDX-License-Identifier: Apache-2.0

import TendonModel

extension SpecShape {
  /// The keys of `Supervision`.
  static let supervision: [Field] = [
    Field(
      "before_start",
      "A command that runs to its end before each start of the program; where it fails, the "
        + "program is not started.", command),
    Field(
      "before_stop",
      "A command that runs before the stop signal is sent to an instance that is to "
        + "end.", command),
    Field(
      "after_stop",
      "A command that runs after each end of the program, when none of its processes is left.",
      command),
    Field(
      "hook_timeout", "The most that one of these commands may take.",
      byDefault: .string(Supervision.defaultHookTimeout.description), quantity(Span.self)),
    Field(
      "stop_signal", "What asks the program to end.",
      byDefault: .string(StopSignal.term.rawValue), .word(StopSignal.allCases.map(\.rawValue))),
    Field("backoff", "How long to wait before a program that ended is started again.", backoff),
    Field("probes", "Questions asked of an instance again and again.", probes),
    Field("notify", "What the program tells through NOTIFY_SOCKET, as sd_notify(3) does.", notify),
  ]

  private static let command: Shape = .list(
    of: .written(TextRules.any),
    hint: "write the program and its arguments as a list, such as [rm, -f, lock]")

  private static let backoff: Shape = .object(
    [
      Field(
        "delay", "Before the first restart, doubled with each end in a row; 0s starts at once.",
        byDefault: .string(BackoffSettings().delay.description), quantity(Span.self)),
      Field(
        "longest", "The most between two starts.",
        byDefault: .string(BackoffSettings().longest.description), quantity(Span.self)),
      Field(
        "healthy_after", "A run of this length makes the next wait the first one again.",
        byDefault: .string(BackoffSettings().healthyAfter.description), quantity(Span.self)),
    ], hint: "write {delay: 100ms, longest: 30s, healthy_after: 1m}")

  private static let probes: Shape = .object(
    [
      Field(
        "startup",
        "Whether the program has started up; the other probes wait for it, and failing restarts it.",
        probe(.startup)),
      Field(
        "readiness", "Whether it can serve; a roll-out waits for it.", probe(.readiness)),
      Field("liveness", "Whether it still works; failing restarts it.", probe(.liveness)),
    ], hint: "write startup, readiness or liveness below it")

  private static func probe(_ kind: ProbeKind) -> Shape {
    .object(
      [
        Field("http", "A GET request to one of the service's ports.", http),
        Field(
          "tcp", "A connection to one of the service's ports.",
          .object([port], hint: "write {port: http}")),
        Field("command", "A command run beside the program; status 0 is a success.", command),
        Field(
          "interval", "From one attempt to the next, at least 100ms.",
          byDefault: .string(Probe.defaultInterval.description), quantity(Span.self)),
        Field(
          "timeout", "The most that one attempt may take.",
          byDefault: .string(Probe.defaultTimeout.description), quantity(Span.self)),
        Field(
          "failures", "How many failures in a row count.",
          byDefault: .number(kind.defaultFailures), .integer(1...Supervision.mostInARow)),
        Field(
          "successes", "How many successes in a row count.", byDefault: .number(1),
          .integer(1...Supervision.mostInARow)),
        Field(
          "initial_delay", "Before the first attempt.", byDefault: .string("0s"),
          quantity(Span.self)),
      ], hint: "write {http: {port: http, path: /health}, interval: 1s}")
  }

  private static let port = Field(
    "port", "The name of one of the service's ports.", required: true, .text(TextRules.portName))

  private static let http: Shape = .object(
    [
      port,
      Field("path", "What is asked for.", byDefault: .string("/"), .text(TextRules.any)),
      Field(
        "status", "The status that is wanted; without it, 200 to 399.", .integer(100...599)),
    ], hint: "write {port: http, path: /health}")

  private static let notify: Shape = .object(
    [
      Field(
        "ready", "Whether it is ready only once it has sent READY=1.", byDefault: .boolean(false),
        .boolean),
      Field(
        "watchdog", "Restart it when it has not sent WATCHDOG=1 for so long.",
        quantity(Span.self)),
    ], hint: "write {ready: true, watchdog: 10s}")
}
