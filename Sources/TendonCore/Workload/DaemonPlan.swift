// SPDX-License-Identifier: Apache-2.0

/// Gives every host that matches a slot of its own, and keeps it for as long as the host matches.
package enum DaemonPlan {
  /// - Parameters:
  ///   - current: the slots so far, by host.
  ///   - hosts: the hosts that match, in the order in which new ones get slots.
  ///   - taken: slots in which something still is, also of hosts that no longer match: not given to another host, so
  ///     that one name never means two processes.
  package static func slots(
    current: [String: Int], hosts: [String], taken: Set<Int>
  ) -> [String: Int] {
    var result: [String: Int] = [:]
    for host in hosts { result[host] = current[host] }
    var used = taken.union(result.values)
    var next = 0
    for host in hosts where result[host] == nil {
      while used.contains(next) { next += 1 }
      result[host] = next
      used.insert(next)
    }
    return result
  }
}
