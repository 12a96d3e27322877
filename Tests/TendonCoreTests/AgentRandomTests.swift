// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TendonCore
@testable import TendonModel

/// A host that does what a lifecycle asks for, with random failures and at random moments.
private struct RandomHost {
  var lifecycle: InstanceLifecycle
  var generator: SeededGenerator
  var time: Int64 = 0
  /// Asked for and not done yet, in order.
  var pending: [LifecycleAction] = []
  /// Asked for and done, the answer not told yet.
  var answers: [LifecycleEvent] = []
  var timers: [TimerID] = []
  var alive: ProcessKey?
  var unacknowledged: Set<ProcessKey> = []
  var lastPID: Int32 = 100
  var faults: [String] = []
  var isCalm = false

  init(seed: UInt64) {
    generator = SeededGenerator(seed: seed)
    let policy = RestartPolicy.allCases.randomElement(using: &generator) ?? .always
    var placement = DesiredPlacement.sample(restart: policy)
    placement.spec.supervision = Self.supervision(using: &generator)
    lifecycle = InstanceLifecycle(desired: placement)
  }

  private static func supervision(using generator: inout SeededGenerator) -> Supervision {
    func hook() -> [String] { Bool.random(using: &generator) ? ["hook"] : [] }
    func probe() -> Probe? {
      Bool.random(using: &generator) ? Probe(command: ["probe"], failures: 2) : nil
    }
    return Supervision(
      beforeStart: hook(), beforeStop: hook(), afterStop: hook(),
      backoff: BackoffSettings(
        delay: Bool.random(using: &generator) ? Span(milliseconds: 0) : .seconds(1)),
      probes: Probes(startup: probe(), readiness: probe(), liveness: probe()),
      notify: NotifySettings(
        ready: Bool.random(using: &generator),
        watchdog: Bool.random(using: &generator) ? .seconds(1) : nil))
  }

  mutating func chance(_ percent: Int) -> Bool {
    Int.random(in: 0..<100, using: &generator) < percent
  }

  mutating func tell(_ event: LifecycleEvent) {
    time += Int64.random(in: 0...2_000_000_000, using: &generator)
    let now = Now(
      monotonic: MonotonicTime(nanoseconds: time), wall: Timestamp(millisecondsSinceEpoch: 0))
    for action in lifecycle.handle(event, now: now, using: &generator) {
      if case .armTimer(let id, _) = action { timers.append(id) } else { pending.append(action) }
    }
  }

  mutating func endProcess(_ status: TendonModel.ExitStatus) {
    guard let process = alive else { return }
    alive = nil
    unacknowledged.insert(process)
    answers.append(.exited(process, .sample(status)))
  }

  mutating func perform(_ action: LifecycleAction) {
    switch action {
    case .start(let order):
      if alive != nil { faults.append("a second process was started") }
      if !isCalm && chance(20) {
        let failure = StartFailure(attempt: order.attempt, step: "exec", reason: "no")
        answers.append(.startFailed(failure))
      } else {
        lastPID += 1
        alive = ProcessKey(pid: lastPID, startTicks: 1)
        answers.append(.spawned(.sample(attempt: order.attempt, pid: lastPID)))
      }
    case .applyLimits(_, let revision):
      answers.append(
        .limitsApplied(LimitsOutcome(revision: revision, microseconds: 1, knobs: [])))
    case .signal: if chance(50) { endProcess(.signaled(signal: 15, coreDumped: false)) }
    case .runHook(let run):
      if run.hook == .afterStop, alive != nil { faults.append("after_stop before the end") }
      // One that hangs: only its deadline goes on.
      if chance(70) { answers.append(.hookEnded(run.id, failure: chance(30) ? "failed" : nil)) }
    case .probe(let attempt):
      if chance(90) {
        answers.append(
          .probed(
            attempt.kind, number: attempt.number, chance(60) ? .success : .failure("no")))
      }
    case .killCgroup:
      if !isCalm && chance(10) {
        answers.append(.killFailed(reason: "busy"))
      } else {
        endProcess(.signaled(signal: 9, coreDumped: false))
        answers.append(.cgroupEmpty)
      }
    case .removeCgroup:
      if alive != nil { faults.append("a cgroup with a process was removed") }
      answers.append(!isCalm && chance(10) ? .removeFailed(reason: "busy") : .cgroupRemoved)
    case .acknowledgeExit(let process), .recordExit(let process):
      if unacknowledged.remove(process) == nil { faults.append("\(process) acknowledged twice") }
    case .armTimer, .endHooks, .releasePorts, .persist, .record, .persistSoon, .forget, .report,
      .reportRemoved:
      break
    }
  }

  /// One thing that happens; exits may overtake the answers before them.
  mutating func step() {
    switch Int.random(in: 0..<10, using: &generator) {
    case 0..<4 where !pending.isEmpty: perform(pending.removeFirst())
    case 4..<8 where !answers.isEmpty:
      let early = answers.firstIndex { if case .exited = $0 { true } else { false } }
      tell(answers.remove(at: chance(30) ? early ?? 0 : 0))
    case 8 where !timers.isEmpty: tell(.timerOver(timers.removeFirst()))
    case 9 where !isCalm && chance(50): endProcess(.exited(code: 1))
    default: break
    }
  }
}

@Suite struct AgentRandomTests {
  @Test("Whatever happens, one process at most, every stop ends, every exit is acknowledged once.")
  func randomLives() {
    for seed in UInt64(1)...2000 {
      var host = RandomHost(seed: seed)
      host.tell(.begin)
      for revision in 2..<40 {
        for _ in 0..<5 { host.step() }
        if host.chance(10) { host.tell(.notified(host.chance(50) ? .ready : .alive)) }
        if host.chance(20) {
          var wanted = host.lifecycle.memory.desired
          wanted.resourcesRevision = Revision(UInt64(revision))
          host.tell(.desired(wanted))
        }
      }
      host.tell(.stopAsked)
      host.isCalm = true
      var steps = 0
      while !host.lifecycle.isGone && steps < 5000 {
        host.step()
        steps += 1
      }
      while !host.pending.isEmpty { host.perform(host.pending.removeFirst()) }
      #expect(host.lifecycle.isGone, "seed \(seed) did not end: \(host.lifecycle.state)")
      #expect(host.faults.isEmpty, "seed \(seed): \(host.faults)")
      #expect(host.alive == nil, "seed \(seed) left a process")
      #expect(host.unacknowledged.isEmpty, "seed \(seed) left exits unacknowledged")
    }
  }
}
