// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// What users ask for. Each command does all of what it was asked, or throws and changes nothing.
extension CoordinatorCore {
  /// Makes the specs the desired state of their services. Resources that differ are changed in place.
  package mutating func apply(
    _ specs: [ServiceSpec], now: Now
  ) throws(APIError) -> [ApplyResponse.Service] {
    try checkNames(of: specs)
    try checkTimeZones(of: specs)
    try checkRoom(for: specs)
    var answers: [ApplyResponse.Service] = []
    for spec in specs { answers.append(applyOne(spec, now: now)) }
    settle(now: now)
    return answers.map { answer in
      var answer = answer
      let progress = progress(of: answer.name)
      answer.message = answer.message.isEmpty ? progress : "\(answer.message) Now \(progress)"
      return answer
    }
  }

  /// Sets the number of replicas; the highest slots go first.
  package mutating func scale(
    _ name: ServiceName, to replicas: Int, now: Now
  ) throws(APIError) -> String {
    var service = try existing(name)
    let kind = service.record.spec.workload.kind
    guard kind == .service else {
      throw APIError(
        code: .conflict,
        message: "\(name) is a \(kind.rawValue), which has no replicas; "
          + (kind == .daemon ? "choose its hosts by labels" : "apply it with other job.completions")
      )
    }
    guard (0...ServiceSpec.largestReplicas).contains(replicas) else {
      throw APIError(
        code: .badRequest,
        message: "replicas: \(replicas) is outside 0 to \(ServiceSpec.largestReplicas)")
    }
    let before = service.record.spec.replicas
    guard before != replicas else { return "\(name) has \(replicas) replicas already" }
    service.record.spec.replicas = replicas
    service.record.revision = upcomingRevision
    put(service)
    emit(
      "scaled", service: name, now: now,
      "Scaled from \(before) to \(counted(replicas, "replica")).")
    settle(now: now)
    return progress(of: name)
  }

  /// Changes resources of running instances in place. Refused where a host has no room for a higher request, since that
  /// could only be done by a restart elsewhere.
  package mutating func resize(
    _ name: ServiceName, _ request: ResizeRequest, now: Now
  ) throws(APIError) -> ResizeTicket {
    var service = try existing(name)
    guard !request.change.isEmpty else {
      throw APIError(code: .badRequest, message: "nothing to change: no resource is named")
    }
    if let slot = request.slot {
      guard service.wants(slot) else {
        throw APIError(
          code: .notFound,
          message: "\(name) has \(counted(service.wantedSlots.count, "instance")): "
            + "there is no slot \(slot)")
      }
      guard !request.change.concernsService else {
        throw APIError(
          code: .badRequest,
          message: "service limits are those of all instances together: "
            + "resize the service \(name), not its slot \(slot)")
      }
      service.record.overrides[slot] = try changed(service.resources(of: slot), by: request.change)
    } else {
      service.record.spec.resources = try changed(
        service.record.spec.resources, by: request.change)
      for (slot, resources) in service.record.overrides {
        guard !request.change.concernsService else {
          throw APIError(
            code: .badRequest,
            message: "service limits are those of all instances together: "
              + "resize the service \(name), not its slot \(slot)")
        }
        service.record.overrides[slot] = try changed(resources, by: request.change)
      }
    }
    try checkRoom(for: [service])
    service.record.revision = upcomingRevision
    put(service)
    let slots = request.slot.map { [$0] } ?? service.wantedSlots
    let epochs = resizePlacements(
      of: name, slots: slots, isForced: true, isKillAccepted: request.force ?? false)
    settle(now: now)
    return ResizeTicket(epochs: epochs, revision: upcomingRevision)
  }

  /// Stops all of a service's instances; the service is gone when the last one is.
  package mutating func delete(_ name: ServiceName, now: Now) throws(APIError) -> String {
    var service = try existing(name)
    let slots = service.wantedSlots
    service.record.isDeleted = true
    service.record.revision = upcomingRevision
    put(service)
    let count = service.slots.values.reduce(0) { $0 + $1.count }
    let message = count == 0 ? "nothing was running" : "stopping \(counted(count, "instance"))"
    emit("deleted", service: name, now: now, "Deleted: \(message).")
    // Instances without a host are gone at once, and whoever watches has to hear of it.
    for slot in slots {
      outbox.touchedInstances.insert(InstanceID(service: name, slot: slot))
    }
    settle(now: now)
    return message
  }

  private mutating func applyOne(_ spec: ServiceSpec, now: Now) -> ApplyResponse.Service {
    guard var service = services[spec.name], !service.record.isDeleted else {
      var service =
        services[spec.name]
        ?? ServiceEntry(
          record: ServiceRecord(spec: spec, revision: upcomingRevision))
      service.record = ServiceRecord(spec: spec, revision: upcomingRevision)
      service.pending = [:]
      put(service)
      let how =
        spec.workload.kind == .service
        ? "with \(counted(spec.replicas, "replica"))" : "as a \(spec.workload.kind.rawValue)"
      emit("applied", service: spec.name, now: now, "Created \(how).")
      _ = workChanged(spec.name, from: nil, now: now)
      return .init(name: spec.name, outcome: .created, message: "")
    }
    let old = service.record.spec
    guard old != spec else { return .init(name: spec.name, outcome: .unchanged, message: "") }
    // The file is the whole truth: what single slots were resized to ends where it says otherwise.
    if old.resources != spec.resources { service.record.overrides = [:] }
    service.record.spec = spec
    service.record.revision = upcomingRevision
    service.backoff = [:]
    service.heldBack = [:]
    service.record.troubles = nil
    put(service)
    let work = workChanged(spec.name, from: old, now: now)
    let how =
      work
      ?? (spec.needsNewProcesses(comparedTo: old)
        ? "Instances are replaced one at a time, the new one running first."
        : "Nothing is restarted.")
    emit("applied", service: spec.name, now: now, "Updated. \(how)")
    _ = resizePlacements(of: spec.name, slots: services[spec.name]!.wantedSlots, isForced: false)
    carrySettings(of: spec)
    return .init(name: spec.name, outcome: .updated, message: work ?? "")
  }

  /// Gives running placements the parts of a spec that need no new process.
  private mutating func carrySettings(of spec: ServiceSpec) {
    for epoch in services[spec.name]!.slots.values.joined().sorted() {
      guard let entry = placements[epoch], !entry.isStopping,
        !spec.needsNewProcesses(comparedTo: entry.placement.spec), entry.placement.spec != spec
      else { continue }
      update(epoch) { $0.placement.spec = spec }
    }
  }

  /// Gives the slots' placements the resources in force for them. `isForced`: also where they have them already, so
  /// that a resize always ends in a fresh reading of the kernel. `isKillAccepted`: a lower memory limit is written even
  /// where the kernel kills for it.
  private mutating func resizePlacements(
    of name: ServiceName, slots: [Int], isForced: Bool, isKillAccepted: Bool = false
  ) -> [Epoch] {
    guard let service = services[name] else { return [] }
    var resized: [Epoch] = []
    for slot in slots {
      for epoch in (service.slots[slot] ?? []).sorted() {
        guard let entry = placements[epoch], !entry.isStopping else { continue }
        let resources = service.resources(of: slot).drawing(
          on: entry.placement.isLent == true ? nil : entry.placement.reservation)
        guard isForced || entry.placement.resources != resources else { continue }
        let revision = upcomingRevision
        update(epoch) {
          $0.placement.resources = resources
          $0.placement.resourcesRevision = revision
          $0.placement.isForced = isKillAccepted ? true : nil
        }
        if detector.state(of: entry.placement.host) != .down, entry.status?.phase.isFinal != true {
          resized.append(epoch)
        }
      }
    }
    return resized
  }

  private func changed(
    _ resources: Resources, by change: ResourcesChange
  ) throws(APIError) -> Resources {
    let result = change.applied(to: resources)
    let faults = result.faults
    guard faults.isEmpty else {
      throw APIError(
        code: .badRequest, message: "these resources are impossible",
        details: faults.map {
          ErrorDetail(
            subject: (["resources"] + $0.path).joined(separator: "."), message: $0.message)
        })
    }
    return result
  }

  private func existing(_ name: ServiceName) throws(APIError) -> ServiceEntry {
    guard let service = services[name], !service.record.isDeleted else {
      throw noService(name)
    }
    return service
  }
}
