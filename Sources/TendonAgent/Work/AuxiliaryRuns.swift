// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel

/// The commands that run beside instances' programs just now: hooks and probes.
struct AuxiliaryRuns {
  struct Run {
    var epoch: Epoch
    var isHook: Bool
    /// Its cgroup, once there is one.
    var path: String?
    /// Whether it was ended from outside.
    var isEnded = false
  }

  private var lastID: UInt64 = 0
  private var runs: [UInt64: Run] = [:]
  private var waiters: [ProcessKey: (id: UInt64, waiter: CheckedContinuation<ExitStatus?, Never>)] =
    [:]
  /// Ends that were heard of before the answer to the spawn; only while a spawn is under way.
  private var early: [ProcessKey: ExitStatus] = [:]
  private var spawning = 0
  private var idle: [Epoch: [CheckedContinuation<Void, Never>]] = [:]

  mutating func begin(_ epoch: Epoch, isHook: Bool) -> UInt64 {
    lastID += 1
    runs[lastID] = Run(epoch: epoch, isHook: isHook)
    return lastID
  }

  mutating func note(path: String, of id: UInt64) { runs[id]?.path = path }

  func isEnded(_ id: UInt64) -> Bool { runs[id]?.isEnded ?? true }

  /// It is over, and nothing of it is left.
  mutating func finish(_ id: UInt64) {
    guard let run = runs.removeValue(forKey: id) else { return }
    guard !isRunning(run.epoch) else { return }
    for waiter in idle.removeValue(forKey: run.epoch) ?? [] { waiter.resume() }
  }

  func isRunning(_ epoch: Epoch) -> Bool { runs.values.contains { $0.epoch == epoch } }

  /// Resumes the waiter when nothing runs beside the placement's program any more.
  mutating func whenIdle(_ epoch: Epoch, _ waiter: CheckedContinuation<Void, Never>) {
    guard isRunning(epoch) else { return waiter.resume() }
    idle[epoch, default: []].append(waiter)
  }

  /// Marks a placement's runs as ended from outside.
  /// - Returns: their cgroups, whose processes are to be killed.
  mutating func end(_ epoch: Epoch, hooksOnly: Bool) -> [String] {
    var paths: [String] = []
    for (id, run) in runs where run.epoch == epoch && (run.isHook || !hooksOnly) {
      runs[id]?.isEnded = true
      if let path = run.path { paths.append(path) }
    }
    return paths
  }

  // MARK: - Ends

  mutating func spawnBegins() { spawning += 1 }

  mutating func spawnEnded() {
    spawning -= 1
    if spawning == 0 { early = [:] }
  }

  mutating func takeEarly(_ process: ProcessKey) -> ExitStatus? {
    early.removeValue(forKey: process)
  }

  mutating func wait(
    for process: ProcessKey, of id: UInt64, _ waiter: CheckedContinuation<ExitStatus?, Never>
  ) {
    waiters[process] = (id, waiter)
  }

  mutating func exited(_ process: ProcessKey, _ status: ExitStatus) {
    if let waiting = waiters.removeValue(forKey: process) {
      waiting.waiter.resume(returning: status)
    } else if spawning > 0 {
      early[process] = status
    }
  }

  /// Nobody waits for it any more.
  mutating func giveUp(_ process: ProcessKey) {
    waiters.removeValue(forKey: process)?.waiter.resume(returning: nil)
  }

  /// The placement's cgroup is empty: whatever ran in it has ended, told or not.
  mutating func giveUp(all epoch: Epoch) {
    for (process, waiting) in waiters where runs[waiting.id]?.epoch == epoch { giveUp(process) }
  }
}
