// SPDX-License-Identifier: Apache-2.0

import TendonModel

extension SpecWriter {
  /// What differs from the default.
  static func lines(_ supervision: Supervision) -> [String] {
    let standard = Supervision()
    var lines = command("before_start", supervision.beforeStart)
    lines += command("before_stop", supervision.beforeStop)
    lines += command("after_stop", supervision.afterStop)
    if supervision.hookTimeout != standard.hookTimeout {
      lines.append("hook_timeout: \(supervision.hookTimeout)")
    }
    if supervision.stopSignal != standard.stopSignal {
      lines.append("stop_signal: \(supervision.stopSignal.rawValue)")
    }
    if supervision.backoff != standard.backoff {
      lines += [
        "backoff:", "  delay: \(supervision.backoff.delay)",
        "  longest: \(supervision.backoff.longest)",
        "  healthy_after: \(supervision.backoff.healthyAfter)",
      ]
    }
    if supervision.probes != standard.probes {
      lines.append("probes:")
      for kind in ProbeKind.allCases {
        if let probe = supervision.probes[kind] { lines += self.lines(probe, kind) }
      }
    }
    if supervision.notify != standard.notify {
      lines += ["notify:", "  ready: \(supervision.notify.ready)"]
      if let watchdog = supervision.notify.watchdog { lines.append("  watchdog: \(watchdog)") }
    }
    return lines
  }

  private static func command(_ key: String, _ words: [String], indent: String = "") -> [String] {
    if words.isEmpty { return [] }
    return ["\(indent)\(key):"] + words.map { "\(indent)  - \(scalar($0))" }
  }

  private static func lines(_ probe: Probe, _ kind: ProbeKind) -> [String] {
    var lines = ["  \(kind.rawValue):"]
    if let http = probe.http {
      lines += [
        "    http:", "      port: \(scalar(http.port))", "      path: \(scalar(http.path))",
      ]
      if let status = http.status { lines.append("      status: \(status)") }
    }
    if let tcp = probe.tcp { lines += ["    tcp:", "      port: \(scalar(tcp.port))"] }
    if let words = probe.command { lines += command("command", words, indent: "    ") }
    lines += ["    interval: \(probe.interval)", "    timeout: \(probe.timeout)"]
    if let failures = probe.failures { lines.append("    failures: \(failures)") }
    if probe.successes != 1 { lines.append("    successes: \(probe.successes)") }
    if probe.initialDelay.milliseconds != 0 {
      lines.append("    initial_delay: \(probe.initialDelay)")
    }
    return lines
  }
}
