// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// The evidence in words, the most telling first.
extension DetectionView {
  var lines: [String] {
    var lines: [String] = []
    if let selfDoubt { lines.append("the coordinator doubts itself: \(selfDoubt)") }
    lines.append("\(state.rawValue) for \(Self.span(stateMilliseconds)): \(cause)")
    lines += beatLines
    if let roundTripMicroseconds { lines.append("round trip: \(roundTripMicroseconds) us") }
    if let probes { lines += Self.lines(of: probes) }
    if answersProbes == false { lines.append("its agent knows no pings: it is older") }
    lines.append(
      kernelAnsweredMilliseconds.map { "its kernel answered TCP \(Self.span($0)) ago" }
        ?? "its kernel has not answered TCP: its silence says nothing")
    if agentEnded == true { lines.append("its kernel closed the agent's stream: the agent ended") }
    if saidGoodbye == true { lines.append("its agent said goodbye") }
    return lines
  }

  private var beatLines: [String] {
    guard let silentMilliseconds else { return ["not heard since this coordinator started"] }
    var lines = ["last heard \(Self.span(silentMilliseconds)) ago"]
    guard let expectedInMilliseconds, let marginMilliseconds, let lateInMilliseconds else {
      return lines + ["no heartbeat of its session came yet"]
    }
    lines.append(
      "next heartbeat expected \(Self.moment(expectedInMilliseconds)), "
        + "late \(Self.moment(lateInMilliseconds)): margin \(Self.span(marginMilliseconds))")
    let jitter = jitterMicroseconds ?? 0
    lines.append(
      "jitter \(jitter) us, loss \(lossPercent ?? 0) %, over the last \(counted(beats ?? 0, "beat"))"
    )
    return lines
  }

  private static func lines(of probes: Probes) -> [String] {
    var lines = [
      "\(counted(probes.tries, "try", "tries")) to reach it: \(counted(probes.pings, "ping")) and "
        + "\(counted(probes.kernelTries, "TCP connection")) of its own; others were asked "
        + "\(probes.asked) times and tried \(probes.confirmed) times"
        + (probes.by.isEmpty
          ? "" : " (\(probes.by.map(\.description).joined(separator: ", ")))")
    ]
    if let at = probes.reachedMilliseconds {
      lines.append(
        "\(probes.reachedBy?.rawValue ?? "another host") reached its agent \(span(at)) ago")
    }
    if let at = probes.kernelAnsweredMilliseconds {
      lines.append("its kernel answered a try \(span(at)) ago")
    }
    lines.append(
      "chance of so much silence if its agent lived: \(probes.chanceAgentLives), its kernel: "
        + "\(probes.chanceKernelLives)")
    return lines
  }

  private static func span(_ milliseconds: Int64) -> String {
    "\(Span(milliseconds: milliseconds))"
  }

  private static func moment(_ milliseconds: Int64) -> String {
    milliseconds < 0 ? "\(span(-milliseconds)) ago" : "in \(span(milliseconds))"
  }
}
