// SPDX-License-Identifier: Apache-2.0

/// Which of a host's packets are dropped without a word.
package struct LabCut: Codable, Hashable, Sendable {
  package enum Direction: String, Codable, Sendable, CaseIterable {
    case both
    /// What is sent to the host; what it sends arrives.
    case to
    /// What the host sends; what is sent to it arrives.
    case from
  }

  package enum Peer: String, Codable, Sendable, CaseIterable {
    case everyone
    /// Only what goes between the host and the coordinator; other hosts reach it.
    case coordinator
  }

  package var direction: Direction
  package var peer: Peer

  package init(_ direction: Direction = .both, peer: Peer = .everyone) {
    self.direction = direction
    self.peer = peer
  }

  /// The nftables rules of it, for what comes from the host's link and for what goes to it.
  func rules(link: String, coordinator: String) -> (incoming: String?, outgoing: String?) {
    let (source, destination) =
      peer == .everyone ? ("", "") : ("ip saddr \(coordinator) ", "ip daddr \(coordinator) ")
    return (
      direction == .to ? nil : "iifname \"\(link)\" \(destination)counter drop",
      direction == .from ? nil : "oifname \"\(link)\" \(source)counter drop"
    )
  }
}
