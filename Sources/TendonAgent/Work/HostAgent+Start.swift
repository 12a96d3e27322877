// SPDX-License-Identifier: Apache-2.0

import Logging
import SystemPackage
import TendonCore
import TendonLinux
import TendonModel

/// Bringing up a placement's process.
extension HostAgent {
  func start(_ order: StartOrder) async {
    let placement = order.desired
    var ports: [String: UInt16] = [:]
    do throws(StartError) {
      try await ensureRecorded(placement.epoch)
      let material = try await sandboxMaterial(for: placement)
      ports = try allocatePorts(placement)
      try await runBeforeStart(of: placement)
      let outcome = try await spawn(order, ports: ports, material)
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
    if order.attempt == 1 { await pruneLogs(placement) }
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
    _ order: StartOrder, ports: [String: UInt16], _ material: SandboxMaterial
  ) async throws(StartError) -> SpawnOutcome {
    let placement = order.desired
    let work = work
    let prepared = try await blocking.run { () throws(StartError) in
      try work.prepare(placement, user: material.user, hasView: material.hasView)
    }
    defer { prepared.close() }
    applied[placement.epoch] = placement.resources
    runStarts[placement.epoch] = RunStart(
      memory: prepared.memory,
      logSizes: OutputTail.sizes(of: [prepared.output.rawValue, prepared.error.rawValue]))
    var request = SpawnRequest(
      epoch: placement.epoch, instance: placement.instance, arguments: placement.spec.command,
      environment: environment(
        of: placement, ports: ports, material, notify: placement.spec.supervision.notify),
      cgroup: prepared.cgroup, input: prepared.input, output: prepared.output,
      error: prepared.error)
    confine(&request, placement, in: prepared.directory, material)
    let process: SpawnedProcess
    do throws(InitError) {
      process = try await spawn(request)
    } catch {
      guard case .spawn(let failure) = error else {
        throw StartError("tendon-init", error, limits: prepared.limits)
      }
      throw StartError(failure.step.description, failure.reason, limits: prepared.limits)
    }
    processes[placement.epoch] = process.pidfd
    return SpawnOutcome(
      attempt: order.attempt, process: ProcessKey(process.identity), ports: ports,
      limits: prepared.limits, oomKills: prepared.oomKills,
      dynamicUser: heldUsers[placement.epoch])
  }

  /// Asks tendon-init; when the connection breaks under it, finds out from the next one what became of it.
  private func spawn(_ request: SpawnRequest) async throws(InitError) -> SpawnedProcess {
    let generation = initGeneration
    guard let client = initClient else { throw .disconnected }
    do {
      return try await client.spawn(request)
    } catch .disconnected {
      let next = try await reconnected(after: generation)
      let children = try await next.list()
        .filter { $0.epoch == request.epoch && !$0.isAuxiliary }
      for case .running(_, _, let process) in children { return process }
      // The very same tendon-init, which was upgraded, has never seen the request.
      guard children.isEmpty, next.greeting.identity == client.greeting.identity else {
        throw .disconnected
      }
      return try await next.spawn(request)
    }
  }

  /// How long a spawn waits for another tendon-init before it counts as failed.
  private static var reconnectDeadline: Duration { .seconds(30) }

  private func reconnected(after generation: Int) async throws(InitError) -> InitClient {
    let deadline = ContinuousClock.now + Self.reconnectDeadline
    while initGeneration == generation, ContinuousClock.now < deadline, !Task.isCancelled {
      // Cancelled: the loop ends.
      try? await Task.sleep(for: .milliseconds(50))
    }
    guard let client = initClient, initGeneration != generation else { throw .disconnected }
    return client
  }

  func environment(
    of placement: DesiredPlacement, ports: [String: UInt16], _ material: SandboxMaterial,
    notify: NotifySettings = NotifySettings()
  ) -> [String] {
    var variables: [String: String] = [
      "PATH": instancePath,
      "HOME": material.user.map { $0.home ?? "/" } ?? "/root",
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
    if notify.isUsed, let notifyPath {
      variables["NOTIFY_SOCKET"] = notifyPath
      // In microseconds (sd_watchdog_enabled(3)).
      variables["WATCHDOG_USEC"] = notify.watchdog.map { String($0.milliseconds * 1000) }
    }
    for variable in material.variables { variables[variable.name] = variable.value }
    variables.merge(placement.spec.env) { _, own in own }
    return variables.map { "\($0)=\($1)" }.sorted()
  }

  private func pruneLogs(_ placement: DesiredPlacement) async {
    let (instance, keep) = (placement.instance, placement.spec.logs.keep)
    let running = core.epochs(of: instance)
    let logs = work.logs
    do {
      try await blocking.run { () throws(StateError) in
        try logs.prune(instance, keep: keep, keeping: running)
      }
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
