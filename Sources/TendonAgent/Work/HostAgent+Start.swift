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
      try fence(placement)
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
    let generation = initGeneration
    guard let client = initClient else { throw StartError("tendon-init", InitError.disconnected) }
    let outcome = try await work.launch(
      launch(of: order, ports: ports, material), by: client, on: blocking)
    let prepared = outcome.prepared
    defer { prepared.files.close() }
    applied[placement.epoch] = placement.resources
    let process: SpawnedProcess
    do throws(InitError) {
      process = try await self.process(of: outcome, askedOf: client, generation)
    } catch {
      guard case .spawn(let failure) = error else {
        throw StartError("tendon-init", error, limits: prepared.limits)
      }
      throw StartError(failure.step.description, failure.reason, limits: prepared.limits)
    }
    processes[placement.epoch] = process.pidfd
    // The cgroup is a fresh one, in which nobody was killed.
    return SpawnOutcome(
      attempt: order.attempt, process: ProcessKey(process.identity), ports: ports,
      limits: prepared.limits, oomKills: 0, dynamicUser: heldUsers[placement.epoch])
  }

  private func launch(
    of order: StartOrder, ports: [String: UInt16], _ material: SandboxMaterial
  ) -> Launch {
    let placement = order.desired
    var request = SpawnRequest(
      epoch: placement.epoch, instance: placement.instance, arguments: placement.spec.command,
      environment: environment(
        of: placement, ports: ports, material, notify: placement.spec.supervision.notify))
    confine(&request, placement, in: work.directory(of: placement), material)
    var launch = Launch(
      placement: placement, request: request, user: material.user, hasView: material.hasView)
    launch.isPrepared = { [runStarts] in runStarts.note($0.run, of: placement.epoch) }
    launch.isNotNoted = { [log] error in
      // The run is not to be missed for it: its output goes where it belongs.
      log.about(placement.instance).warning(
        "\(placement.instance): what this run writes can't be told from what others wrote: \(error)"
      )
    }
    if let memory = core.memory(of: placement.epoch), memory.startedAt != nil {
      launch.runsBefore = memory.restarts + 1
    }
    if order.attempt == 1 { launch.meanwhile = pruneLogs(placement) }
    return launch
  }

  /// What tendon-init answered; when the connection broke under it, finds out from the next one what became of it.
  private func process(
    of outcome: Launch.Outcome, askedOf client: InitClient, _ generation: Int
  ) async throws(InitError) -> SpawnedProcess {
    do {
      return try outcome.process.get()
    } catch .disconnected {
      let next = try await reconnected(after: generation)
      let children = try await next.list()
        .filter { $0.epoch == outcome.request.epoch && !$0.isAuxiliary }
      for case .running(_, _, let process) in children { return process }
      // The very same tendon-init, which was upgraded, has never seen the request.
      guard children.isEmpty, next.greeting.identity == client.greeting.identity else {
        throw .disconnected
      }
      return try await next.spawn(outcome.request)
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
    if placement.spec.fence {
      variables["TENDON_FENCED"] = "1"
      variables["TENDON_LEASE"] = work.lease.length.map { String($0.milliseconds) }
    }
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

  /// Removes what older placements of the instance have left.
  private func pruneLogs(
    _ placement: DesiredPlacement
  ) -> @Sendable (HostWork.Prepared?) -> Void {
    let (instance, keep) = (placement.instance, placement.spec.logs.keep)
    let running = core.epochs(of: instance)
    return { [logs = work.logs, log] prepared in
      guard prepared?.hasOlderLogs ?? true else { return }
      do throws(StateError) {
        try logs.prune(instance, keep: keep, keeping: running)
      } catch {
        log.about(instance).warning("\(instance): old logs could not be removed: \(error)")
      }
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
