// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// Services that are placed all or none.
extension CoordinatorCore {
  /// Places everything that a gang lacks, at once, or nothing of it.
  /// - Returns: why nothing was placed; nil when the instance has its host.
  mutating func placeGang(
    _ gang: String, with instance: InstanceID, now: Now
  ) -> String? {
    if let reason = gangRefusals[gang] { return reason }
    let missing = missing(of: gang, now: now)
    // One that is fenced may have a copy left that is still ending.
    for member in missing {
      if let reason = fenceRefusal(of: member, now: now) {
        return "its gang \(gang) is placed as a whole: \(member) can't be yet: \(reason)"
      }
    }
    let demands = missing.map { (demand: demand(of: $0), context: context(for: $0, now: now)) }
    do throws(GangRefusal) {
      let hosts = try engine.chooseAll(for: demands)
      for (member, host) in zip(missing, hosts) {
        let demand = demand(of: member)
        add(
          member, in: room(on: host, for: demand),
          resources: services[member.service]!.resources(of: member.slot), because: .new, now: now)
        setPending(member, nil, now: now)
      }
      return missing.contains(instance) ? nil : "its gang \(gang) is placed without it"
    } catch {
      let reason = "its gang \(gang) is placed as a whole: \(error)"
      // Nothing that could make room happens before the next event.
      gangRefusals[gang] = reason
      return reason
    }
  }

  /// The instances of a gang that have no copy and may have one now, in their order.
  private func missing(of gang: String, now: Now) -> [InstanceID] {
    services.keys.sorted().flatMap { name -> [InstanceID] in
      let service = services[name]!
      guard !service.record.isDeleted, service.record.spec.placement.gang == gang else { return [] }
      return (0..<service.record.spec.replicas).map { InstanceID(service: name, slot: $0) }.filter {
        copies(of: $0, now: now).isEmpty && quarantineRefusal(of: $0) == nil
          && (service.backoff[$0.slot].map { $0.notBefore <= now.monotonic } ?? true)
      }
    }
  }
}
