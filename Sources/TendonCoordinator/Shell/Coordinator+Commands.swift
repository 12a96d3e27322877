// SPDX-License-Identifier: Apache-2.0
import ServiceLifecycle
import TendonCore
import TendonModel

/// What users change.
extension Coordinator {
  /// Runs `body` on the core in the next batch and returns when that batch is durable.
  /// - Parameter onCommitted: called on the loop right after the commit, before anything else is sent.
  /// - Throws: what `body` throws, or `unavailable` with the store's words when the commit failed.
  nonisolated func perform<Value: Sendable>(
    onCommitted: @escaping @Sendable (Value) -> Void = { _ in },
    _ body: @escaping @Sendable (inout CoordinatorCore, Now) throws(APIError) -> Value
  ) async throws(APIError) -> (value: Value, revision: Revision) {
    let result = await withCheckedContinuation {
      (
        continuation: CheckedContinuation<
          Result<(value: Value, revision: Revision), APIError>, Never
        >
      )
      in
      mailbox.post(
        Mailbox.Command(
          run: { core, now in
            let value: Value
            do throws(APIError) {
              value = try body(&core, now)
            } catch {
              return { _ in continuation.resume(returning: .failure(error)) }
            }
            return { outcome in
              switch outcome {
              case .success(let revision):
                onCommitted(value)
                continuation.resume(returning: .success((value, revision)))
              case .failure(let error):
                continuation.resume(returning: .failure(Self.refusal(error)))
              }
            }
          },
          refuse: { continuation.resume(returning: .failure($0)) }))
    }
    return try result.get()
  }

  nonisolated func apply(_ specs: [ServiceSpec]) async throws(APIError) -> ApplyResponse {
    let zones = try await Self.timeZones(Set(specs.compactMap { $0.workload.cron?.timeZone }))
    let done = try await perform { (core, now) throws(APIError) in
      for (name, zone) in zones.known { core.learn(zone, of: name) }
      return try core.apply(specs, now: now)
    }
    return ApplyResponse(revision: done.revision, services: done.value)
  }

  /// A change whose answer is what came of it, in words.
  nonisolated func change(
    _ body: @escaping @Sendable (inout CoordinatorCore, Now) throws(APIError) -> String
  ) async throws(APIError) -> ChangeResponse {
    let done = try await perform(body)
    return ChangeResponse(revision: done.revision, message: done.value)
  }

  nonisolated func scale(
    _ name: ServiceName, to replicas: Int
  ) async throws(APIError) -> ChangeResponse {
    try await change { (core, now) throws(APIError) in
      try core.scale(name, to: replicas, now: now)
    }
  }

  nonisolated func release(
    _ name: ServiceName, slot: Int? = nil
  ) async throws(APIError) -> ChangeResponse {
    try await change { (core, now) throws(APIError) in
      try core.release(name, slot: slot, now: now)
    }
  }

  nonisolated func delete(_ name: ServiceName) async throws(APIError) -> ChangeResponse {
    try await change { (core, now) throws(APIError) in
      try core.delete(name, now: now)
    }
  }

  /// Returns when every instance concerned has reported the kernel's values.
  /// - Throws: `timedOut` with the stragglers' names.
  nonisolated func resize(
    _ name: ServiceName, _ request: ResizeRequest, arrivedAt: ContinuousClock.Instant
  ) async throws(APIError) -> ResizeResponse {
    let timeout = request.timeout ?? ResizeWaiters.defaultTimeout
    guard (Span(milliseconds: 1)...ResizeWaiters.longestTimeout).contains(timeout) else {
      throw APIError(
        code: .badRequest,
        message: "timeout: \(timeout) is outside 1ms to \(ResizeWaiters.longestTimeout)")
    }
    let waiter = ResizeWaiters.Waiter(deadline: clock().monotonic + timeout.duration)
    let waiters = waiters
    let done = try await perform(
      onCommitted: { waiters.add(waiter, for: $0) },
      { (core, now) throws(APIError) in try core.resize(name, request, now: now) })
    let outcome = await withGracefulShutdownHandler {
      await waiter.outcome()
    } onGracefulShutdown: {
      waiter.resolve(.ended)
    }
    switch outcome {
    case .confirmed: break
    case .timedOut(let stragglers):
      throw await self.timedOut(done.value, stragglers: stragglers, after: timeout)
    case .ended:
      throw APIError(
        code: .timedOut,
        message: "committed as revision \(done.value.revision), "
          + "but the coordinator is shutting down before it was confirmed")
    }
    let instances = await resized(done.value.epochs)
    let microseconds = (ContinuousClock.now - arrivedAt).wholeNanoseconds / 1000
    return ResizeResponse(
      revision: done.value.revision, microseconds: microseconds, instances: instances)
  }

  private func resized(_ epochs: [Epoch]) -> [ResizeResponse.Instance] {
    let core = visible
    return epochs.compactMap { epoch in
      guard let placement = core.placement(epoch) else { return nil }
      let status = core.status(of: epoch)
      return ResizeResponse.Instance(
        id: placement.instance, host: placement.host, pid: status?.pid,
        microseconds: status?.resizeMicroseconds, knobs: status?.knobs ?? [])
    }
  }

  private func timedOut(
    _ ticket: ResizeTicket, stragglers: [Epoch], after timeout: Span
  ) -> APIError {
    let core = visible
    let now = clock()
    let details = stragglers.compactMap { epoch -> ErrorDetail? in
      guard let placement = core.placement(epoch) else { return nil }
      let host = core.hostView(placement.host, now: now)
      var message = "\(placement.host) has not confirmed it"
      if let host { message += " (it is \(host.state.rawValue)" }
      if let host { message += host.isConnected ? ")" : ", its agent is not connected)" }
      return ErrorDetail(subject: placement.instance.description, message: message)
    }
    return APIError(
      code: .timedOut,
      message: "committed as revision \(ticket.revision), but \(stragglers.count) of "
        + "\(ticket.epochs.count) instances did not confirm it within \(timeout); "
        + "it stays wanted and is done as soon as they can",
      details: details)
  }
}
