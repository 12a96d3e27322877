// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// Keeps instances where they are when many hosts go quiet at once: then it is likelier that the coordinator or its
/// network is what is wrong than that all of them died together, and moving everything would do more harm than waiting.
///
/// It comes on when at least `mass-quiet` hosts, and more than `mass-quiet-part` of all that are there, went quiet within
/// `quiet-window` (the settings of the detection). It goes off when all of them were heard again or confirmed to be down, or
/// when those that were not have been too few to bring it on for as long as that window: hosts that a network gives back are
/// heard one after the other, and the last of them are not dead either.
package struct MassFailureBrake: Hashable, Sendable {
  package enum Change: Hashable, Sendable {
    case on, off
  }

  /// The hosts whose instances stay; empty while it is off.
  package private(set) var held: Set<HostID> = []
  /// How many hosts there were when it was looked at last.
  package private(set) var all = 0
  /// Since when there are too few of them to bring it on; nil while there are enough, or it is off.
  private var fewSince: MonotonicTime?

  package init() {}

  package var isOn: Bool { !held.isEmpty }

  /// - Parameter quiet: the hosts that went quiet lately, given up or not yet.
  /// - Parameter heard: those that are heard.
  /// - Parameter confirmed: those that an operator said are down.
  package mutating func look(
    quiet: Set<HostID>, heard: Set<HostID>, confirmed: Set<HostID>, _ settings: DetectionSettings,
    now: MonotonicTime
  ) -> Change? {
    let candidates = quiet.union(held).subtracting(heard).subtracting(confirmed)
    all = heard.union(candidates).count
    let isMany =
      candidates.count >= settings.massQuiet
      && Double(candidates.count) > Double(all) * settings.massQuietPart
    let wasOn = isOn
    fewSince = isMany || !wasOn ? nil : fewSince ?? now
    let isSettling = fewSince.map { now - $0 < settings.quietWindow } ?? false
    held = isMany || isSettling ? candidates : []
    return wasOn == isOn ? nil : isOn ? .on : .off
  }

  /// Why what ran on one of them stays there, in words that follow a colon.
  package var reason: String {
    let names = held.sorted().prefix(4).map(\.description).joined(separator: ", ")
    let more = held.count > 4 ? " and \(held.count - 4) more" : ""
    return
      "the brake is on: \(names)\(more) of \(counted(all, "host")) went quiet at once. Nothing is moved off them "
      + "until they are heard again, or tendon host confirm-down says that they are dead"
  }
}
