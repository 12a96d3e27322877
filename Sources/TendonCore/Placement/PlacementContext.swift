// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// What is special about one decision.
package struct PlacementContext: Hashable, Sendable {
  /// The only hosts that may be chosen; nil is any.
  package var only: Set<HostID>?
  /// Hosts that may not be chosen, in words that follow "host1: ".
  package var excluded: [HostID: String] = [:]
  /// Where the instance was before, with its data.
  package var preferred: HostID?
  /// Hosts where it failed lately.
  package var failedOn: Set<HostID> = []
  /// The host of the copy that this one replaces, which does not count as one of the instances that are spread.
  package var replaces: HostID?

  package init() {}

  package var isPlain: Bool { self == Self() }
}
