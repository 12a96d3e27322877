// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// Why no host takes an instance.
package struct PlacementRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  /// What speaks against one host.
  package struct Reason: Hashable, Sendable {
    package var host: HostID
    package var why: [String]

    package init(host: HostID, why: [String]) {
      self.host = host
      self.why = why
    }
  }

  /// How many hosts one filter ruled out; a host that several rule out counts for each that is told of it.
  package struct Count: Hashable, Sendable {
    package var filter: String
    package var hosts: Int

    package init(filter: String, hosts: Int) {
      self.filter = filter
      self.hosts = hosts
    }
  }

  /// How many hosts there are.
  package var hostCount: Int
  /// The first hosts by name, at most `most`.
  package var reasons: [Reason]
  /// Most hosts first.
  package var counts: [Count]
  /// The host that is closest to fitting; nil where there is no host.
  package var nearest: Reason?
  /// What would make the nearest fit, such as "1500m CPU less"; empty where load is not what it lacks.
  package var remedy: String
  /// All filters that ruled out a host.
  package var misses: Misses

  package static let most = 8

  package init(
    hostCount: Int, reasons: [Reason], counts: [Count] = [], nearest: Reason? = nil,
    remedy: String = "", misses: Misses = []
  ) {
    self.hostCount = hostCount
    self.reasons = reasons
    self.counts = counts
    self.nearest = nearest
    self.remedy = remedy
    self.misses = misses
  }

  package var description: String {
    guard hostCount > 0 else { return "no host has joined the cluster" }
    if hostCount <= Self.most {
      return "fits on no host: "
        + reasons.map { "\($0.host): \($0.why.joined(separator: ", "))" }.joined(separator: "; ")
    }
    var text = "fits on none of \(hostCount) hosts; ruled out by "
    text += counts.map { "\($0.filter): \($0.hosts)" }.joined(separator: ", ")
    if let nearest {
      text += "; nearest is \(nearest.host): \(nearest.why.joined(separator: ", "))"
    }
    if !remedy.isEmpty { text += "; it would fit there with \(remedy)" }
    return text
  }
}
