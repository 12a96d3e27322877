// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TendonCore
@testable import TendonModel

extension [LifecycleAction] {
  fileprivate var hook: HookRun? {
    for case .runHook(let run) in self { return run }
    return nil
  }

  fileprivate var probes: [ProbeAttempt] {
    compactMap { if case .probe(let attempt) = $0 { attempt } else { nil } }
  }
}

/// Hooks, probes, crash loops: what surrounds the process in its life.
@Suite struct AgentSupervisionTests {
  private let process = ProcessKey(pid: 10, startTicks: 1)

  private func driver(_ supervision: Supervision, restart: RestartPolicy = .always)
    -> LifecycleDriver
  {
    var placement = DesiredPlacement.sample(restart: restart)
    placement.spec.supervision = supervision
    return LifecycleDriver(placement)
  }

  @Test("before_stop comes before the signal, and the grace begins with the signal.")
  func beforeStop() throws {
    var driver = driver(Supervision(beforeStop: ["drain"], stopSignal: .quit))
    driver.run()
    let asked = driver.tell(.stopAsked)
    let hook = try #require(asked.hook)
    #expect(hook.hook == .beforeStop && hook.command == ["drain"])
    #expect(asked.timer?.delay == .seconds(30))
    #expect(!asked.contains(.signal(process, 3)))
    let ended = driver.tell(.hookEnded(hook.id, failure: nil))
    #expect(ended.first == .signal(process, 3))
    #expect(ended.timer?.delay == .seconds(10))
  }

  @Test("A before_stop that never ends is ended at its deadline, and the stop goes on by its own.")
  func beforeStopHangs() throws {
    var driver = driver(Supervision(beforeStop: ["hang"]))
    driver.run()
    let deadline = try #require(driver.tell(.stopAsked).timer)
    let late = driver.tell(.timerOver(deadline.id), after: deadline.delay)
    #expect(late.first == .endHooks && late.contains(.signal(process, 15)))
    let grace = try #require(late.timer)
    #expect(driver.tell(.timerOver(grace.id), after: grace.delay).first == .killCgroup)
    driver.tell(.cgroupEmpty)
    driver.tell(.exited(process, .sample(.signaled(signal: 9, coreDumped: false))))
    driver.tell(.cgroupRemoved)
    #expect(driver.lifecycle.isGone)
    #expect(
      driver.memory.lastExit?.stoppedBecause
        == "the coordinator asked for its end; it ignored that for 10s, so it was killed")
  }

  @Test(
    "after_stop runs when nothing of the process is left, before the next start and before the end."
  )
  func afterStop() throws {
    var driver = driver(Supervision(afterStop: ["tidy"]))
    driver.run()
    let crashed = driver.end(.exited(code: 1))
    let hook = try #require(crashed.hook)
    #expect(crashed.last != .removeCgroup && driver.memory.owesAfterStop == true)
    let wait = try #require(driver.tell(.hookEnded(hook.id, failure: nil)).timer)
    let start = driver.tell(.timerOver(wait.id), after: wait.delay)
    driver.tell(.spawned(.sample(attempt: try #require(start.startAttempt), pid: 11)))
    driver.tell(.stopAsked)
    let again = try #require(driver.end(pid: 11, .exited(code: 0)).hook)
    #expect(again.id != hook.id)
    let done = driver.tell(.hookEnded(again.id, failure: "exited with status 1"))
    #expect(done.contains(.removeCgroup))
    #expect(driver.memory.message.contains("after_stop command exited with status 1"))
  }

  @Test("An after_stop that never ends is killed at its deadline with whatever it left.")
  func afterStopHangs() throws {
    var driver = driver(Supervision(afterStop: ["hang"]))
    driver.run()
    driver.tell(.stopAsked)
    let deadline = try #require(driver.end(.exited(code: 0)).timer)
    let late = driver.tell(.timerOver(deadline.id), after: deadline.delay)
    #expect(late.contains(.endHooks) && late.contains(.killCgroup))
    #expect(driver.tell(.cgroupEmpty) == [.removeCgroup])
  }

  @Test("A next agent runs the after_stop that the agent before it owed.")
  func owedAfterStop() throws {
    var memory = PlacementMemory(desired: .sample())
    memory.desired.spec.supervision.afterStop = ["tidy"]
    memory.owesAfterStop = true
    var driver = LifecycleDriver(restoring: memory)
    driver.tell(.nothingFound)
    #expect(driver.tell(.cgroupEmpty).hook?.hook == .afterStop)
  }

  @Test(
    "A failed liveness probe ends the process with the stop signal and starts it again, and says why."
  )
  func liveness() throws {
    let probe = Probe(command: ["x"], failures: 1)
    var driver = driver(
      Supervision(stopSignal: .interrupt, probes: Probes(liveness: probe)), restart: .onFailure)
    let begun = driver.tell(.begin)
    let spawned = driver.tell(.spawned(.sample(attempt: begun.startAttempt ?? 0, pid: 10)))
    let attempt = try #require(spawned.probes.first)
    let failed = driver.tell(
      .probed(.liveness, number: attempt.number, .failure("no answer within 1s")))
    #expect(failed.first == .signal(process, 2))
    #expect(driver.memory.phase == .stopping)
    // It ends well, which the policy on-failure would leave so.
    let ended = driver.end(.exited(code: 0))
    #expect(driver.memory.phase == .waiting && ended.timer != nil)
    #expect(
      driver.memory.message.contains(
        "we stopped it: its liveness probe failed: no answer within 1s"))
  }

  @Test("A watchdog that is not fed aborts the process.")
  func watchdog() throws {
    var driver = driver(Supervision(notify: NotifySettings(watchdog: .seconds(2))))
    let begun = driver.tell(.begin)
    let spawned = driver.tell(.spawned(.sample(attempt: begun.startAttempt ?? 0, pid: 10)))
    let timer = try #require(spawned.timer)
    #expect(driver.memory.status.isReady)
    let late = driver.tell(.timerOver(timer.id), after: timer.delay)
    #expect(late.first == .signal(process, 6))
  }

  @Test("Readiness gates what is reported, and is remembered for the next agent.")
  func readiness() throws {
    let placement = Supervision(probes: Probes(readiness: Probe(command: ["x"])))
    var driver = driver(placement)
    let begun = driver.tell(.begin)
    let spawned = driver.tell(.spawned(.sample(attempt: begun.startAttempt ?? 0, pid: 10)))
    #expect(driver.memory.phase == .running && !driver.memory.status.isReady)
    let attempt = try #require(spawned.probes.first)
    let passed = driver.tell(.probed(.readiness, number: attempt.number, .success))
    #expect(passed.contains(.report) && passed.contains(.record))
    #expect(driver.memory.status.isReady && driver.memory.health?.isReady == true)
    driver.end(.exited(code: 1))
    #expect(driver.memory.status.ready == false && driver.memory.health == nil)
  }

  @Test("New probes take over from what is known, without a new process.")
  func probesChange() throws {
    var driver = driver(Supervision())
    driver.run()
    #expect(driver.memory.status.isReady)
    var wanted = driver.memory.desired
    wanted.spec.supervision.probes.readiness = Probe(command: ["x"], failures: 1)
    let attempt = try #require(driver.tell(.desired(wanted)).probes.first)
    #expect(driver.memory.status.isReady)
    driver.tell(.probed(.readiness, number: attempt.number, .failure("no")))
    #expect(!driver.memory.status.isReady && driver.memory.process == process)
  }

  @Test("Ends in a row are told as a crash loop with the last exit, until it runs long enough.")
  func crashLoop() throws {
    var driver = driver(
      Supervision(
        backoff: BackoffSettings(delay: Span(milliseconds: 0), healthyAfter: .seconds(30))))
    driver.run(pid: 1)
    var looks: [(id: TimerID, delay: Duration)] = []
    for pid in Int32(1)...20 {
      #expect((driver.memory.crashLoop != nil) == (pid > PlacementStatus.crashLoopEnds))
      let start = try #require(driver.end(pid: pid, .exited(code: 7)).startAttempt)
      if pid == 5 {
        #expect(
          driver.memory.message
            == "exited with status 7; in a crash loop, 5 ends in a row; started again in 0 ms")
      }
      let spawned = driver.tell(.spawned(.sample(attempt: start, pid: pid + 1)))
      if let timer = spawned.timer { looks.append(timer) }
    }
    #expect(looks.count == 1, "one look is planned, however often it is started")
    #expect(driver.memory.status.crashLoop == 20)
    let early = driver.tell(.timerOver(looks[0].id), after: .seconds(10))
    let look = try #require(early.timer)
    #expect(look.delay == .seconds(20))
    driver.tell(.timerOver(look.id), after: look.delay)
    #expect(driver.memory.status.crashLoop == nil && driver.memory.failures == 0)
  }

  @Test("A stop while before_start runs ends the hook at once.")
  func stopDuringBeforeStart() {
    var driver = driver(Supervision(beforeStart: ["slow"]))
    driver.tell(.begin)
    #expect(driver.tell(.stopAsked).first == .endHooks)
    let failed = driver.tell(
      .startFailed(StartFailure(attempt: 1, step: "before_start", reason: "ended")))
    #expect(failed == [.killCgroup])
  }
}
