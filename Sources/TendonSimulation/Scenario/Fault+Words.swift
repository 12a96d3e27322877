// SPDX-License-Identifier: Apache-2.0

extension Fault: CustomStringConvertible {
  package var description: String {
    "at \(at.inSeconds) for \(lasts.inSeconds): \(kind.words)"
  }
}

extension Fault.Kind {
  var words: String {
    switch self {
    case .crash(let host): "host\(host) loses power"
    case .freeze(let host): "host\(host) stands still"
    case .slow(let host): "host\(host) is slow"
    case .slowDisk(let host): "the disk of host\(host) is slow"
    case .clockStep(let host, let seconds): "the clock of host\(host) is set by \(seconds) s"
    case .agentCrash(let host): "the agent of host\(host) is killed"
    case .agentStop(let host): "the agent of host\(host) says goodbye and ends"
    case .cut(let host, let from, let to): Self.cut("host\(host)", from, to, "")
    case .pathCut(let host, let from, let to):
      Self.cut("host\(host)", from, to, ", for the coordinator")
    case .outage(let hosts, let isPower):
      hosts.map { "host\($0)" }.joined(separator: ", ")
        + (isPower ? " lose power at once" : " are cut off at once")
    case .loss(let host, let percent): "host\(host) loses \(percent) % of its datagrams"
    case .corruption(let host, let percent): "\(percent) % of host\(host)'s datagrams are corrupted"
    case .replay(let host): "somebody sends again what came from host\(host)"
    case .coordinatorCrash(.atOnce): "the coordinator is killed"
    case .coordinatorCrash(.beforeCommit): "the coordinator is killed in a commit"
    case .coordinatorCrash(.afterCommit): "the coordinator is killed after a commit"
    case .coordinatorCrash(.beforeAnswer): "the coordinator is killed before an answer"
    case .coordinatorFreeze: "the coordinator stands still"
    case .coordinatorClockStep(let seconds): "the coordinator's clock is set by \(seconds) s"
    }
  }

  private static func cut(_ host: String, _ from: Bool, _ to: Bool, _ whom: String) -> String {
    switch (from, to) {
    case (true, true): "\(host) is cut off\(whom)"
    case (true, false): "nothing comes from \(host)\(whom)"
    default: "nothing comes to \(host)\(whom)"
    }
  }
}

extension Duration {
  /// `12.3 s`.
  var inSeconds: String { "\((self / .milliseconds(100)).rounded() / 10) s" }
}
