// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// What is checked before a command changes anything.
extension CoordinatorCore {
  func noService(_ name: ServiceName) -> APIError {
    let names = services.values.filter { !$0.record.isDeleted }.map(\.record.spec.name).sorted()
    let known =
      names.isEmpty
      ? "there are no services"
      : "there are: " + names.prefix(10).map(\.description).joined(separator: ", ")
    return APIError(code: .notFound, message: "there is no service \(name); \(known)")
  }

  func checkNames(of specs: [ServiceSpec]) throws(APIError) {
    guard !specs.isEmpty else {
      throw APIError(code: .badRequest, message: "there is no service to apply")
    }
    var seen: Set<ServiceName> = []
    for spec in specs where !seen.insert(spec.name).inserted {
      throw APIError(code: .badRequest, message: "the service \(spec.name) is given twice")
    }
  }

  /// Refuses new requests that the hosts of running instances have no room for: resources never change by a restart.
  func checkRoom(for specs: [ServiceSpec]) throws(APIError) {
    var changed: [ServiceEntry] = []
    for spec in specs {
      guard var service = services[spec.name], !service.record.isDeleted else { continue }
      if service.record.spec.resources != spec.resources { service.record.overrides = [:] }
      service.record.spec = spec
      changed.append(service)
    }
    try checkRoom(for: changed)
  }

  func checkRoom(for changed: [ServiceEntry]) throws(APIError) {
    var growth: [HostID: Growth] = [:]
    for service in changed {
      for (slot, epochs) in service.slots {
        let wanted = service.resources(of: slot)
        for entry in epochs.compactMap({ placements[$0] })
        where !entry.isStopping && !entry.isReleased {
          let host = entry.placement.host
          guard let load = hosts[host]?.load else { continue }
          growth[host, default: Growth(load)].add(wanted, for: entry.placement)
        }
      }
    }
    var details: [ErrorDetail] = []
    for (host, more) in growth.sorted(by: { $0.key < $1.key }) {
      guard let load = hosts[host]?.load else { continue }
      let why = more.refusals + PlacementFilter.coreRefusals(cores: more.cores, by: load)
      if !why.isEmpty {
        details.append(
          ErrorDetail(
            subject: host.description, message: why.joined(separator: ", ") + " (on top of now)"))
      }
    }
    guard details.isEmpty else {
      throw APIError(
        code: .conflict,
        message: "the requests do not fit on the hosts that run the instances; "
          + "nothing was changed. Ask for less, or scale down first",
        details: details)
    }
  }
}

/// A host with other resources for placements that it has.
private struct Growth {
  private var after: PlacementHost
  private var more = Reservation.Amount.zero
  var cores = 0

  init(_ host: PlacementHost) { after = host }

  mutating func add(_ wanted: Resources, for placement: DesiredPlacement) {
    var changed = placement
    changed.resources = wanted
    after.remove(placement)
    after.add(changed)
    more += Reservation.Amount(wanted) - Reservation.Amount(placement.resources)
    cores += (wanted.cores ?? 0) - (placement.resources.cores ?? 0)
  }

  /// What speaks against it.
  var refusals: [String] {
    let missing = Reservation.Amount.zero - after.free()
    var refusals: [String] = []
    if more.cpu > .zero, missing.cpu > .zero {
      let free = max(more.cpu - missing.cpu, .zero)
      refusals.append("needs \(more.cpu) CPU, \(free) of \(after.capacity.cpu) is free")
    }
    if more.memory > .zero, missing.memory > .zero {
      let free = max(more.memory - missing.memory, .zero)
      refusals.append(
        "needs \(more.memory) memory, \(free.rounded) of \(after.capacity.memory.rounded) is free")
    }
    return refusals
  }
}
