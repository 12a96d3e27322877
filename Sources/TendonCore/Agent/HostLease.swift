// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// Until when this host may run fenced instances without hearing from a coordinator (Gray and Cheriton, "Leases", SOSP
/// 1989). It is counted from when a heartbeat was *sent* that was acknowledged, on the clock that goes on in a suspended
/// host: so it ends here before whoever acknowledged it takes it for ended, however long the acknowledgement was on its way.
package struct HostLease: Hashable, Sendable {
  /// nil: none was ever granted.
  package private(set) var end: MonotonicTime?

  /// What the acknowledgement that it runs from has granted; nil also where that is not known any more.
  package private(set) var length: Span?

  package init(end: MonotonicTime? = nil, length: Span? = nil) {
    self.end = end
    self.length = length
  }

  /// A heartbeat was acknowledged. One that comes late takes nothing away.
  /// - Returns: whether the end has moved.
  package mutating func acknowledged(sentAt: MonotonicTime, lease: Span) -> Bool {
    let next = sentAt + lease.duration
    guard end.map({ next > $0 }) ?? true else { return false }
    end = next
    length = lease
    return true
  }

  package func holds(at now: MonotonicTime) -> Bool { end.map { now < $0 } ?? false }
}
