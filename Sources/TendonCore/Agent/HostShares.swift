// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// The sums of what this host's placements ask for, by service: what the services' own cgroups, and the one around all
/// of them, are entitled to.
package struct HostShares: Hashable, Sendable {
  private struct Entry: Hashable, Sendable {
    var share = SliceShare()
    var placements = 0
  }

  private struct Member: Hashable, Sendable {
    var service: ServiceName
    var resources: Resources
  }

  private var entries: [ServiceName: Entry] = [:]
  private var members: [Epoch: Member] = [:]
  /// All services together, without their caps.
  package private(set) var total = SliceShare()

  package init() {}

  /// A placement asks for this now, whether it was there before or not. The caps are those of the newest word.
  package mutating func set(_ resources: Resources, of epoch: Epoch, in service: ServiceName) {
    remove(epoch)
    members[epoch] = Member(service: service, resources: resources)
    entries[service, default: Entry()].share.add(resources)
    entries[service]?.share.limits = resources.serviceLimits
    entries[service]?.placements += 1
    total.add(resources)
  }

  /// Fine when it is not there.
  package mutating func remove(_ epoch: Epoch) {
    guard let member = members.removeValue(forKey: epoch) else { return }
    total.remove(member.resources)
    entries[member.service]?.share.remove(member.resources)
    entries[member.service]?.placements -= 1
    if entries[member.service]?.placements == 0 { entries[member.service] = nil }
  }

  /// What a service is entitled to here together with what `others` say of it, which are other placements; nil when no
  /// placement of the service is here.
  package func share(of service: ServiceName, with others: Self) -> SliceShare? {
    entries[service].map { entry in
      others.entries[service].map { entry.share + $0.share } ?? entry.share
    }
  }

  /// nil when no placement of the service is here.
  package func share(of service: ServiceName) -> SliceShare? { entries[service]?.share }

  package func placements(of service: ServiceName) -> Int { entries[service]?.placements ?? 0 }

  /// The placements of a service, by epoch.
  package func members(of service: ServiceName) -> [Epoch] {
    members.filter { $0.value.service == service }.keys.sorted()
  }

  package var services: [ServiceName] { entries.keys.sorted() }

  package func service(of epoch: Epoch) -> ServiceName? { members[epoch]?.service }

  package func resources(of epoch: Epoch) -> Resources? { members[epoch]?.resources }
}
