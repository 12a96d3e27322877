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
    ask(words, about: spec.name, settles: true) { core, now in
      _ = try core.apply([spec], now: now)
      guard core.record(of: spec.name)?.spec == spec else { throw WrongAnswer() }
    }
  }

  private struct WrongAnswer: Error {}

  private mutating func operate(
    _ words: String, _ host: Int,
    _ change: (inout CoordinatorCore, HostID, Now) throws -> Void
  ) {
    let id = hosts[host - 1].id
    ask(words, about: nil) { core, now in try change(&core, id, now) }
  }

  /// - Parameter settles: whether it says all that is to be known of the service, whatever was so before.
  private mutating func ask(
    _ words: String, about name: ServiceName?, settles: Bool = false,
    _ change: (inout CoordinatorCore, Now) throws -> Void
  ) {
    guard coordinator.isRunning(at: time) else { return note("user: \(words): nobody answers") }
    do {
      try change(&coordinator.core!, coordinatorNow)
    } catch is WrongAnswer {
      return violate(.durability, "\(words) is answered as done, and is not")
    } catch {
      return note("user: \(words): refused: \(error)")
    }
    let record = name.flatMap { coordinator.core!.record(of: $0) }
    let isAnswered = settleCore()
    note("user: \(words)\(isAnswered ? "" : ": not answered")")
    guard isAnswered else {
      if let name { model.uncertain.insert(name) }
      return
    }
    model.revision = max(model.revision, coordinator.core?.revision ?? model.revision)
    guard let name else { return }
    model.records[name] = .some(record)
    if settles { model.uncertain.remove(name) }
  }
}

extension ServiceName {
  init(simulated text: String) {
    do { self = try ServiceName(text) } catch { preconditionFailure("\(error)") }
  }
}

extension ServiceSpec {
  static func simulated(
    _ service: UserAction.Service, replicas: Int, version: Int, cpu: Int
  ) -> ServiceSpec {
    var spec = base(service.rawValue, version, cpu: cpu)
    spec.replicas = replicas
    spec.fence = service.isFenced
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
