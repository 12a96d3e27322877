// SPDX-License-Identifier: Apache-2.0

import Logging
import TendonCore
import TendonLinux
import TendonModel

/// Bringing up a placement's process.
extension HostAgent {
  func start(_ order: StartOrder) async {
    let placement = order.desired
    var ports: [String: UInt16] = [:]
    do throws(StartError) {
      let user = try await user(of: placement.spec)
      ports = try allocatePorts(placement)
      let outcome = try await spawn(order, ports: ports, user: user)
      log.about(placement.instance).info(
        "\(placement.instance) (epoch \(placement.epoch), \(outcome.process)): started")
      tell(.spawned(outcome), of: placement.epoch)
    } catch {
      log.about(placement.instance).warning(
        "\(placement.instance): start failed: \(error.step): \(error.reason)")
      tell(
        .startFailed(
          StartFailure(
            attempt: order.attempt, step: error.step, reason: error.reason,
            ports: heldPorts[placement.epoch] ?? [:], limits: error.limits)),
        of: placement.epoch)
    }
    if order.attempt == 1 { await pruneLogs(placement.instance) }
  }

  private func user(of spec: ServiceSpec) async throws(StartError) -> UserIdentity? {
    guard let name = spec.user else { return nil }
    do { return try await UserIdentity.find(name) } catch { throw StartError("user", error) }
  }

  /// The ports that the placement holds already, and new ones for the rest.
  private func allocatePorts(
    _ placement: DesiredPlacement
  ) throws(StartError) -> [String: UInt16] {
    for spec in placement.spec.ports where heldPorts[placement.epoch]?[spec.name] == nil {
      do {
        if let fixed = spec.fixed {
          try ports.claim(fixed)
          heldPorts[placement.epoch, default: [:]][spec.name] = fixed
        } else {
          heldPorts[placement.epoch, default: [:]][spec.name] = try ports.allocate()
        }
      } catch {
        throw StartError("port \(spec.name)", error)
      }
    }
    return heldPorts[placement.epoch] ?? [:]
  }

  private func spawn(
    _ order: StartOrder, ports: [String: UInt16], user: UserIdentity?
  ) async throws(StartError) -> SpawnOutcome {
    let placement = order.desired
    let work = work
    let prepared = try await blocking.run { () throws(StartError) in
      try work.prepare(placement, user: user)
    }
    defer { prepared.close() }
    applied[placement.epoch] = placement.resources
    var request = SpawnRequest(
      epoch: placement.epoch, instance: placement.instance, arguments: placement.spec.command,
      environment: environment(of: placement, ports: ports, user: user),
      cgroup: prepared.cgroup, input: prepared.input, output: prepared.output,
      error: prepared.error)
    request.directory = prepared.directory
    request.user = user
    let process: SpawnedProcess
    do throws(InitError) {
      process = try await spawn(request)
    } catch {
      guard case .spawn(let failure) = error else {
        throw StartError("tendon-init", error, limits: prepared.limits)
      }
      let program = failure.step == .exec ? "\(failure.program): " : ""
      throw StartError(
        failure.step.description, program + errnoText(failure.errno), limits: prepared.limits)
    }
    processes[placement.epoch] = process.pidfd
    return SpawnOutcome(
      attempt: order.attempt, process: ProcessKey(process.identity), ports: ports,
      limits: prepared.limits, oomKills: prepared.oomKills)
  }

  /// Asks tendon-init; when the connection breaks under it, finds out from the next one what became of it.
  private func spawn(_ request: SpawnRequest) async throws(InitError) -> SpawnedProcess {
    let generation = initGeneration
    guard let client = initClient else { throw .disconnected }
    do {
      return try await client.spawn(request)
    } catch .disconnected {
      return try await spawned(request.epoch, after: generation)
    }
  }

  /// How long a spawn waits for another tendon-init before it counts as failed.
  private static var reconnectDeadline: Duration { .seconds(30) }

  private func spawned(
    _ epoch: Epoch, after generation: Int
  ) async throws(InitError) -> SpawnedProcess {
    let deadline = ContinuousClock.now + Self.reconnectDeadline
    while initGeneration == generation, ContinuousClock.now < deadline, !Task.isCancelled {
      // Cancelled: the loop ends.
      try? await Task.sleep(for: .milliseconds(50))
    }
    guard let client = initClient, initGeneration != generation else { throw .disconnected }
    for case .running(epoch, _, let process) in try await client.list() { return process }
    throw .disconnected
  }

  private func environment(
    of placement: DesiredPlacement, ports: [String: UInt16], user: UserIdentity?
  ) -> [String] {
    var variables: [String: String] = [
      "PATH": instancePath,
      "HOME": user.map { $0.home ?? "/" } ?? "/root",
      "LANG": "C.UTF-8",
      "TENDON_SERVICE": placement.instance.service.rawValue,
      "TENDON_INSTANCE": placement.instance.description,
      "TENDON_SLOT": String(placement.instance.slot),
      "TENDON_EPOCH": placement.epoch.description,
      "TENDON_HOST": core.host.rawValue,
    ]
    for spec in placement.spec.ports {
      variables[spec.variable] = ports[spec.name].map { String($0) }
    }
    variables.merge(placement.spec.env) { _, own in own }
    return variables.map { "\($0)=\($1)" }.sorted()
  }

  private func pruneLogs(_ instance: InstanceID) async {
    let running = Set(core.memories.filter { $0.desired.instance == instance }.map(\.desired.epoch))
    let logs = work.logs
    do {
      try await blocking.run { () throws(StateError) in try logs.prune(instance, keeping: running) }
    } catch {
      log.warning("\(instance): old logs could not be removed: \(error)")
    }
  }
}

extension ProcessKey {
  init(_ identity: TendonLinux.ProcessIdentity) {
    self.init(pid: identity.pid, startTicks: identity.startTicks)
  }

  var identity: TendonLinux.ProcessIdentity {
    TendonLinux.ProcessIdentity(pid: pid, startTicks: startTicks)
  }
}
