// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel

/// Users and operators, who ask the coordinator while it runs and remember what it answered.
extension World {
  mutating func ask(_ kind: UserAction.Kind) {
    let words = kind.words
    switch kind {
    case .apply(let service, let replicas, let version, let cpu):
      apply(.simulated(service, replicas: replicas, version: version, cpu: cpu), words)
    case .applyJob(let completions, let parallelism, let version):
      apply(
        .simulatedJob(completions: completions, parallelism: parallelism, version: version), words)
    case .applyDaemon(let version): apply(.simulatedDaemon(version: version), words)
    case .scale(let service, let replicas):
      let name = ServiceName(simulated: service.rawValue)
      ask(words, about: name) { core, now in
        _ = try core.scale(name, to: replicas, now: now)
      }
    case .resize(let service, let slot, let cpu):
      var change = ResourcesChange()
      change.cpuRequest = MilliCPU(Int64(cpu))
      let request = ResizeRequest(slot: slot, change: change)
      let name = ServiceName(simulated: service.rawValue)
      ask(words, about: name) { core, now in _ = try core.resize(name, request, now: now) }
    case .delete(let text):
      let name = ServiceName(simulated: text)
      ask(words, about: name, settles: true) { core, now in _ = try core.delete(name, now: now) }
    case .cordon(let host):
      operate(words, host) { core, id, now in
        _ = try core.cordon(id, CordonRequest(), now: now)
      }
    case .drain(let host, let pace, let deadline):
      let request = DrainRequest(pace: pace, deadline: deadline.map { .seconds(Int64($0)) })
      operate(words, host) { core, id, now in _ = try core.drain(id, request, now: now) }
    case .uncordon(let host):
      operate(words, host) { core, id, now in _ = try core.uncordon(id, now: now) }
    case .release(let service):
      let name = ServiceName(simulated: service.rawValue)
      ask(words, about: name) { core, now in _ = try core.release(name, now: now) }
    case .reserve(let cpu, let hosts): reserve(cpu: cpu, hosts: hosts, words)
    case .unreserve:
      askForReservation(words) { core, now in
        _ = try core.deleteReservation(.simulated, now: now)
      }
    case .confirmDown(let host):
      guard !hosts[host - 1].isUp else { return }
      operate(words, host) { core, id, now in _ = try core.confirmDown(id, now: now) }
    }
  }

  /// Everything is to be as it should in the end, so no host stays out of use, and nothing is held against an instance that
  /// was on hosts that went down.
  mutating func settleDown() {
    for host in hosts.indices { ask(.uncordon(host: host + 1)) }
    for service in UserAction.Service.allCases { ask(.release(service)) }
    if time < calm + .seconds(20) { queue.add(.settleDown, at: time + .seconds(5)) }
  }

  private mutating func apply(_ spec: ServiceSpec, _ words: String) {
    var told = spec
    if sabotage == .budgetLost { told.budget = nil }
    ask(words, about: spec.name, settles: true) { core, now in
      _ = try core.apply([told], now: now)
      guard core.record(of: spec.name)?.spec == told else { throw WrongAnswer() }
    }
  }

  private mutating func reserve(cpu: Int, hosts: Int?, _ words: String) {
    let halves: Int64 = sabotage == .reservationHalved ? 2 : 1
    var reservation = Reservation(
      name: .simulated, amount: .init(cpu: MilliCPU(Int64(cpu) / halves), memory: .zero),
      hosts: hosts, services: [ServiceName(simulated: UserAction.reserving.rawValue)])
    let request = ReserveRequest(reservation: reservation, wait: true)
    reservation.amount.cpu = MilliCPU(Int64(cpu))
    askForReservation(words, is: reservation) { core, now in
      _ = try core.reserve(request, now: now)
    }
  }

  private mutating func askForReservation(
    _ words: String, is reservation: Reservation? = nil,
    _ change: (inout CoordinatorCore, Now) throws -> Void
  ) {
    switch ask(words, change) {
    case .refused: break
    case .unknown: model.reservation = nil
    case .done: model.reservation = .some(reservation)
    }
  }

  private struct WrongAnswer: Error {}

  private mutating func operate(
    _ words: String, _ host: Int,
    _ change: (inout CoordinatorCore, HostID, Now) throws -> Void
  ) {
    let id = hosts[host - 1].id
    ask(words) { core, now in try change(&core, id, now) }
  }

  /// What became of a request.
  private enum Answer {
    case refused, done
    /// The answer was never heard.
    case unknown
  }

  /// - Parameter settles: whether it says all that is to be known of the service, whatever was so before.
  private mutating func ask(
    _ words: String, about name: ServiceName, settles: Bool = false,
    _ change: (inout CoordinatorCore, Now) throws -> Void
  ) {
    var record: ServiceRecord?
    let answer = ask(words) { core, now in
      try change(&core, now)
      record = core.record(of: name)
    }
    switch answer {
    case .refused: break
    case .unknown: model.uncertain.insert(name)
    case .done:
      model.records[name] = .some(record)
      if settles { model.uncertain.remove(name) }
    }
  }

  @discardableResult
  private mutating func ask(
    _ words: String, _ change: (inout CoordinatorCore, Now) throws -> Void
  ) -> Answer {
    guard coordinator.isRunning(at: time) else {
      note("user: \(words): nobody answers")
      return .refused
    }
    do {
      try change(&coordinator.core!, coordinatorNow)
    } catch is WrongAnswer {
      violate(.durability, "\(words) is answered as done, and is not")
      return .refused
    } catch {
      note("user: \(words): refused: \(error)")
      return .refused
    }
    let isAnswered = settleCore()
    note("user: \(words)\(isAnswered ? "" : ": not answered")")
    guard isAnswered else { return .unknown }
    model.revision = max(model.revision, coordinator.core?.revision ?? model.revision)
    return .done
  }
}

extension ServiceName {
  init(simulated text: String) {
    do { self = try ServiceName(text) } catch { preconditionFailure("\(error)") }
  }
}

extension ReservationName {
  static var simulated: ReservationName {
    do { return try ReservationName(UserAction.reservation) } catch {
      preconditionFailure("\(error)")
    }
  }
}

extension ServiceSpec {
  static func simulated(
    _ service: UserAction.Service, replicas: Int, version: Int, cpu: Int
  ) -> ServiceSpec {
    var spec = base(service.rawValue, version, cpu: cpu)
    spec.replicas = replicas
    spec.fence = service.isFenced
    spec.budget = service.budget
    return spec
  }

  static func simulatedJob(completions: Int, parallelism: Int, version: Int) -> ServiceSpec {
    var spec = base(UserAction.job, version, cpu: 100)
    spec.restart = .never
    spec.workload = Workload(
      kind: .job, job: JobSettings(completions: completions, parallelism: parallelism))
    return spec
  }

  static func simulatedDaemon(version: Int) -> ServiceSpec {
    var spec = base(UserAction.daemon, version, cpu: 50)
    spec.workload = Workload(kind: .daemon)
    return spec
  }

  private static func base(_ name: String, _ version: Int, cpu: Int) -> ServiceSpec {
    ServiceSpec(
      name: ServiceName(simulated: name), command: ["run", "\(version)"],
      resources: Resources(
        cpu: CPUResources(request: MilliCPU(Int64(cpu))),
        memory: MemoryResources(request: .mebibytes(64))),
      stopGrace: .seconds(2))
  }
}
