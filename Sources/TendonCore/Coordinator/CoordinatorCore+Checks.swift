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
  mutating func checkRoom(for specs: [ServiceSpec]) throws(APIError) {
    var changed: [ServiceEntry] = []
    for spec in specs {
      guard var service = services[spec.name], !service.record.isDeleted else { continue }
      if service.record.spec.resources != spec.resources { service.record.overrides = [:] }
      service.record.spec = spec
      changed.append(service)
    }
    try checkRoom(for: changed)
  }

  mutating func checkRoom(for changed: [ServiceEntry]) throws(APIError) {
    var growth: [HostID: [PlacementGrowth]] = [:]
    for service in changed {
      for (slot, epochs) in service.slots {
        for entry in epochs.compactMap({ placements[$0] }) where !entry.isStopping {
          guard let instance = entry.placedInstance else { continue }
          var demand = instance.demand
          demand.take(service.resources(of: slot))
          if demand != instance.demand {
            growth[instance.host, default: []].append(PlacementGrowth(of: instance, to: demand))
          }
        }
      }
    }
    var details: [ErrorDetail] = []
    for (host, growth) in growth.sorted(by: { $0.key < $1.key }) {
      let why = engine.refusals(of: growth, by: host)
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
