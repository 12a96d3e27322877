// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// Marks that keep instances off hosts.
extension CoordinatorCore {
  /// Adds and takes away taints of a host.
  package mutating func taint(
    _ host: HostID, _ request: TaintRequest, now: Now
  ) throws(APIError) -> String {
    let before = try known(host).record.taints ?? []
    guard !request.add.isEmpty || !request.remove.isEmpty else {
      throw APIError(code: .badRequest, message: "nothing to change: no taint is named")
    }
    var taints = before.filter { taint in !request.remove.contains { $0.covers(taint) } }
    for taint in request.add {
      taints.removeAll { $0.key == taint.key }
      taints.append(taint)
    }
    taints.sort()
    let words =
      taints.isEmpty ? "no taint" : taints.map(\.description).joined(separator: ", ")
    guard taints != before else { return "\(host) has \(words) already" }
    hosts[host]!.record.taints = taints.isEmpty ? nil : taints
    changeLoad(of: host) { $0.taints = taints }
    outbox.changes.append(.putHost(hosts[host]!.record))
    outbox.touchedHosts.insert(host)
    emit("host-tainted", host: host, now: now, "Has \(words).")
    lookAtServices(on: host)
    retryPending()
    settle(now: now)
    return "\(host) has \(words)"
  }
}
