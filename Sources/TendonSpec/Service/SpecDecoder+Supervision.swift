// SPDX-License-Identifier: Apache-2.0

import TendonModel

extension SpecDecoder {
  func supervision() -> Supervision {
    let standard = BackoffSettings()
    return Supervision(
      beforeStart: list("before_start"), beforeStop: list("before_stop"),
      afterStop: list("after_stop"),
      hookTimeout: quantity("hook_timeout") ?? Supervision.defaultHookTimeout,
      stopSignal: text("stop_signal").flatMap(StopSignal.init(rawValue:)) ?? .term,
      backoff: BackoffSettings(
        delay: quantity("backoff", "delay") ?? standard.delay,
        longest: quantity("backoff", "longest") ?? standard.longest,
        healthyAfter: quantity("backoff", "healthy_after") ?? standard.healthyAfter),
      probes: Probes(
        startup: probe(.startup), readiness: probe(.readiness), liveness: probe(.liveness)),
      notify: NotifySettings(
        ready: text("notify", "ready") == "true", watchdog: quantity("notify", "watchdog")))
  }

  private func probe(_ kind: ProbeKind) -> Probe? {
    let key = kind.rawValue
    // One that is not a mapping was reported with the shape's faults.
    guard let written = node(SpecPath(["probes", key])), case .mapping = written.content else {
      return nil
    }
    var probe = Probe(
      interval: quantity("probes", key, "interval") ?? Probe.defaultInterval,
      timeout: quantity("probes", key, "timeout") ?? Probe.defaultTimeout,
      failures: integer("probes", key, "failures"),
      successes: integer("probes", key, "successes") ?? 1,
      initialDelay: quantity("probes", key, "initial_delay") ?? Span(milliseconds: 0))
    // A way that is not as it must be was reported too, and is a way all the same.
    if written["http"] != nil {
      probe.http = Probe.HTTP(
        port: text("probes", key, "http", "port") ?? "",
        path: text("probes", key, "http", "path") ?? "/",
        status: integer("probes", key, "http", "status"))
    }
    if written["tcp"] != nil {
      probe.tcp = Probe.TCP(port: text("probes", key, "tcp", "port") ?? "")
    }
    if let command = written["command"] {
      probe.command = ["?"]
      if case .sequence(let items) = command.content, !items.isEmpty {
        probe.command = items.compactMap(\.text)
      }
    }
    return probe
  }
}
