// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TendonLinux
import TendonModel

/// What new cgroups are given, by what was asked for. Any thread may ask.
final class FreshLimitsCache: Sendable {
  private struct Key: Hashable {
    var resources: Resources
    var cores: CoreGrant
  }

  /// A host seldom has more kinds of instances.
  private static let most = 64

  private let known = Mutex<[Key: FreshLimits]>([:])

  /// nil where they have to be worked out with each cgroup.
  func limits(
    _ resources: Resources, _ cores: CoreGrant, _ writer: LimitsWriter
  ) -> FreshLimits? {
    let key = Key(resources: resources, cores: cores)
    if let limits = known.withLock({ $0[key] }) { return limits }
    guard let limits = writer.fresh(resources, cores: cores) else { return nil }
    known.withLock { known in
      if known.count >= Self.most { known = [:] }
      known[key] = limits
    }
    return limits
  }
}
