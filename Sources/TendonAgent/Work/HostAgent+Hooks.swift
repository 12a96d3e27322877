// SPDX-License-Identifier: Apache-2.0

import Logging
import TendonCore
import TendonModel

/// Running hooks.
extension HostAgent {
  func run(_ hook: HookRun, of epoch: Epoch) async {
    guard let memory = core.memory(of: epoch) else { return }
    let failure = await run(hook.hook, hook.command, of: memory.desired)
    tell(.hookEnded(hook.id, failure: failure), of: epoch)
  }

  /// The hook that is a part of a start.
  func runBeforeStart(of placement: DesiredPlacement) async throws(StartError) {
    let command = placement.spec.supervision.beforeStart
    guard !command.isEmpty, let memory = core.memory(of: placement.epoch) else { return }
    guard !memory.isStopAsked else { throw StartError("before_start", "asked to end") }
    // It may take minutes.
    startIsOver(placement.epoch)
    if let failure = await run(.beforeStart, command, of: placement) {
      throw StartError("before_start", "its command \(failure)")
    }
  }

  private func run(
    _ hook: HookRun.Hook, _ command: [String], of placement: DesiredPlacement
  ) async -> String? {
    let limit = placement.spec.supervision.hookTimeout
    let end = await runAuxiliary(
      command, role: "hook", of: placement, within: limit, isHook: true)
    let failure = end.failure(limit: limit)
    if let failure {
      log.about(placement.instance).warning("\(placement.instance): \(hook.rawValue) \(failure)")
    }
    return failure
  }
}
