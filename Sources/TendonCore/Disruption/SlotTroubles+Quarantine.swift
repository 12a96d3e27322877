// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// Whether an instance crashes the hosts that it runs on: several hosts, one after the other, were lost soon after it was
/// placed there.
extension SlotTroubles {
  /// Losses that are further apart have nothing to do with each other.
  static var lossMemory: Span { .seconds(3600) }

  /// A host that it ran on was lost, and nothing else explains that. One that it ran on for longer than the window
  /// speaks for it, and what spoke against it is forgotten.
  package mutating func hostLost(_ loss: HostLoss, _ settings: DisruptionSettings) {
    losses.removeAll { loss.at - $0.at > Self.lossMemory }
    guard (loss.at - loss.placedAt).duration <= settings.quarantineWindow else {
      losses = []
      return
    }
    losses.removeAll { $0.host == loss.host }
    losses.append(loss)
  }

  /// The host is heard. In the same boot it was only out of reach, and was not crashed.
  package mutating func hostHeard(_ host: HostID, bootID: String) {
    losses.removeAll { $0.host == host && $0.bootID == bootID }
  }

  /// It has run for longer than the window, on a host that lives.
  package mutating func ranWell() { losses = [] }

  /// Whether it is taken for what crashed them.
  package func isToBlame(_ settings: DisruptionSettings) -> Bool {
    settings.quarantineHosts > 0 && losses.count >= settings.quarantineHosts
  }

  /// `host1, host2 and host3 went down, each within 2m of its being placed there`.
  package func lossWords(_ settings: DisruptionSettings) -> String {
    let names = losses.map(\.host.description)
    let list =
      names.count > 1
      ? names.dropLast().joined(separator: ", ") + " and \(names[names.count - 1])"
      : names.first ?? "no host"
    return "\(list) went down, each within "
      + "\(Span(milliseconds: settings.quarantineWindow.wholeMilliseconds)) of its being placed there"
  }
}
