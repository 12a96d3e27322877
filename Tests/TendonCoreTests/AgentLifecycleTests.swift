// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TendonCore
@testable import TendonModel

/// Drives one lifecycle by hand.
struct LifecycleDriver {
  var lifecycle: InstanceLifecycle
  var generator = SeededGenerator(seed: 7)
  var time: Int64 = 0

  init(_ placement: DesiredPlacement = .sample()) {
    lifecycle = InstanceLifecycle(desired: placement)
  }

  init(restoring memory: PlacementMemory) {
    lifecycle = InstanceLifecycle(restoring: memory)
  }

  var memory: PlacementMemory { lifecycle.memory }

  @discardableResult
  mutating func tell(_ event: LifecycleEvent, after delay: Duration = .zero) -> [LifecycleAction] {
    time += delay.wholeNanoseconds
    let now = Now(
      monotonic: MonotonicTime(nanoseconds: time),
      wall: Timestamp(millisecondsSinceEpoch: time / 1_000_000))
    return lifecycle.handle(event, now: now, using: &generator)
  }

  /// Starts it and lets the start succeed.
  mutating func run(pid: Int32 = 10) {
    let actions = tell(.begin)
    tell(.spawned(.sample(attempt: actions.startAttempt ?? 0, pid: pid)))
  }

  /// Lets its process end and its cgroup become empty.
  @discardableResult
  mutating func end(
    pid: Int32 = 10, _ status: TendonModel.ExitStatus = .exited(code: 1),
    after delay: Duration = .zero
  ) -> [LifecycleAction] {
    tell(.exited(ProcessKey(pid: pid, startTicks: 1), .sample(status)), after: delay)
      + tell(.cgroupEmpty)
  }
}

extension DesiredPlacement {
  static func sample(
    epoch: UInt64 = 1, restart: RestartPolicy = .always, resourcesRevision: UInt64 = 1
  ) -> DesiredPlacement {
    do {
      let service = try ServiceName("web")
      return DesiredPlacement(
        epoch: Epoch(epoch), instance: InstanceID(service: service, slot: Int(epoch)),
        host: try HostID("host1"),
        spec: ServiceSpec(name: service, command: ["/bin/true"], restart: restart),
        resources: Resources(), resourcesRevision: Revision(resourcesRevision),
        placedAt: Timestamp(millisecondsSinceEpoch: 0))
    } catch {
      preconditionFailure("\(error)")
    }
  }
}

extension SpawnOutcome {
  static func sample(attempt: Int, pid: Int32) -> SpawnOutcome {
    SpawnOutcome(
      attempt: attempt, process: ProcessKey(pid: pid, startTicks: 1), ports: ["http": 20_000],
      limits: LimitsOutcome(revision: Revision(1), microseconds: 5, knobs: []), oomKills: 0)
  }
}

extension ExitReport {
  static func sample(_ status: TendonModel.ExitStatus) -> ExitReport {
    ExitReport(status: status, at: Timestamp(millisecondsSinceEpoch: 0), outOfMemory: false)
  }
}

extension [LifecycleAction] {
  var startAttempt: Int? {
    for case .start(let order) in self { return order.attempt }
    return nil
  }

  var timer: (id: TimerID, delay: Duration)? {
    for case .armTimer(let id, let delay) in self { return (id, delay) }
    return nil
  }

  var acknowledged: [ProcessKey] {
    compactMap {
      switch $0 {
      case .acknowledgeExit(let process), .recordExit(let process): process
      default: nil
      }
    }
  }
}

@Suite struct AgentLifecycleTests {
  @Test("A start is recorded before it is asked for, and nobody waits for what comes of it.")
  func orderOfStart() {
    var driver = LifecycleDriver()
    let begun = driver.tell(.begin)
    #expect(begun.first == .persist(driver.memory))
    #expect(begun.startAttempt == 1)
    let spawned = driver.tell(.spawned(.sample(attempt: 1, pid: 10)))
    #expect(spawned == [.record, .report])
    #expect(driver.memory.phase == .running)
    #expect(driver.memory.status.pid == 10)
  }

  @Test(
    "What an end leads to depends on the restart policy and the status.",
    arguments: [
      (
        RestartPolicy.always, TendonModel.ExitStatus.exited(code: 0), PlacementPhase.waiting
      ),
      (.always, .exited(code: 1), .waiting),
      (.onFailure, .exited(code: 0), .ended),
      (.onFailure, .exited(code: 3), .waiting),
      (.onFailure, .signaled(signal: 9, coreDumped: false), .waiting),
      (.onFailure, .unknown, .waiting),
      (.never, .exited(code: 0), .ended),
      (.never, .exited(code: 1), .ended),
    ])
  func policies(policy: RestartPolicy, status: TendonModel.ExitStatus, phase: PlacementPhase) {
    var driver = LifecycleDriver(.sample(restart: policy))
    driver.run()
    let actions = driver.end(status)
    #expect(driver.memory.phase == phase)
    #expect(actions.acknowledged == [ProcessKey(pid: 10, startTicks: 1)])
    #expect(actions.contains(.killCgroup))
    #expect((actions.timer != nil) == (phase == .waiting))
    #expect(actions.contains(.removeCgroup) == (phase == .ended))
  }

  @Test(
    "The next start waits neither for the record of an exit nor for its report, and only the record frees it."
  )
  func recordsBesideRestart() {
    var placement = DesiredPlacement.sample()
    placement.spec.supervision.backoff.delay = Span(milliseconds: 0)
    var driver = LifecycleDriver(placement)
    driver.run()
    let process = ProcessKey(pid: 10, startTicks: 1)
    let actions = driver.tell(.exited(process, .sample(.exited(code: 1))))
    #expect(actions == [.killCgroup, .recordExit(process), .report])
    let emptied = driver.tell(.cgroupEmpty)
    #expect(emptied.startAttempt == 2 && emptied.timer == nil)
  }

  @Test(
    "Waits double up to 30 s, half to nine tenths of it, and begin anew after a healthy minute.")
  func backoff() throws {
    var driver = LifecycleDriver()
    driver.run(pid: 1)
    var pid: Int32 = 1
    for failure in 0..<12 {
      let actions = driver.end(pid: pid)
      let timer = try #require(actions.timer)
      let base = min(Duration.milliseconds(100) * (1 << failure), .seconds(30))
      #expect(timer.delay >= base * 0.5 && timer.delay <= base * 0.901)
      pid += 1
      let start = driver.tell(.timerOver(timer.id), after: timer.delay)
      driver.tell(.spawned(.sample(attempt: try #require(start.startAttempt), pid: pid)))
    }
    #expect(driver.memory.restarts == 12)
    let healthy = driver.end(pid: pid, after: .seconds(60))
    let timer = try #require(healthy.timer)
    #expect(timer.delay <= .milliseconds(91))
  }

  @Test("A failed start is told with its step and tried again, but not with the policy never.")
  func failedStart() {
    let failure = StartFailure(
      attempt: 1, step: "exec", reason: "/bin/nope: No such file or directory")
    var driver = LifecycleDriver()
    driver.tell(.begin)
    let again = driver.tell(.startFailed(failure))
    #expect(driver.memory.phase == .waiting)
    #expect(driver.memory.message.contains("exec: /bin/nope: No such file or directory"))
    #expect(again.timer != nil && again.contains(.report))
    var once = LifecycleDriver(.sample(restart: .never))
    once.tell(.begin)
    once.tell(.startFailed(failure))
    once.tell(.cgroupEmpty)
    once.tell(.cgroupRemoved)
    #expect(once.memory.phase == .failed && once.lifecycle.state == .final)
  }

  @Test("A stop is SIGTERM, grace, kill, empty, removed.")
  func stop() throws {
    var driver = LifecycleDriver()
    driver.run()
    let process = ProcessKey(pid: 10, startTicks: 1)
    let asked = driver.tell(.stopAsked)
    #expect(asked.first == .signal(process, 15))
    let grace = try #require(asked.timer)
    #expect(grace.delay == .seconds(10))
    let told1 = driver.tell(.timerOver(grace.id))
    #expect(told1.first == .killCgroup)
    let told2 = driver.tell(.cgroupEmpty)
    #expect(told2 == [])
    let ended = driver.tell(.exited(process, .sample(.signaled(signal: 9, coreDumped: false))))
    #expect(ended.acknowledged == [process])
    #expect(ended.contains(.removeCgroup))
    let told3 = driver.tell(.cgroupRemoved)
    #expect(told3 == [.releasePorts, .forget, .reportRemoved])
    #expect(driver.lifecycle.isGone)
  }

  @Test("A process that ends before its start was answered is restarted once.")
  func earlyExit() {
    var driver = LifecycleDriver()
    driver.tell(.begin)
    let process = ProcessKey(pid: 10, startTicks: 1)
    let told4 = driver.tell(.exited(process, .sample(.exited(code: 2))))
    #expect(told4 == [])
    let actions = driver.tell(.spawned(.sample(attempt: 1, pid: 10)))
    #expect(actions.acknowledged == [process])
    #expect(driver.memory.phase == .waiting)
  }

  @Test("A stop during a start ends what the start brings up.")
  func stopWhileStarting() {
    var driver = LifecycleDriver()
    driver.tell(.begin)
    let told5 = driver.tell(.stopAsked)
    #expect(!told5.contains(.killCgroup))
    let spawned = driver.tell(.spawned(.sample(attempt: 1, pid: 10)))
    #expect(spawned.contains(.signal(ProcessKey(pid: 10, startTicks: 1), 15)))
  }

  @Test("New limits are written before they are recorded, and reported before they are recorded.")
  func resize() {
    var driver = LifecycleDriver()
    driver.run()
    let wanted = DesiredPlacement.sample(resourcesRevision: 9)
    let actions = driver.tell(.desired(wanted))
    #expect(actions.first == .applyLimits(wanted.resources, revision: Revision(9)))
    let outcome = LimitsOutcome(revision: Revision(9), microseconds: 80, knobs: [])
    let told6 = driver.tell(.limitsApplied(outcome))
    #expect(told6.first == .report)
    #expect(driver.memory.status.resourcesRevision == Revision(9))
    let told7 = driver.tell(.desired(wanted))
    #expect(told7 == [])
  }

  @Test("An end for memory carries what the limit was before; another end does not.")
  func limitHistory() throws {
    for isOutOfMemory in [true, false] {
      var driver = LifecycleDriver()
      driver.run()
      driver.tell(.desired(.sample(resourcesRevision: 9)))
      let knob = KnobReport(
        knob: "memory.max", requested: "limit 1Mi", written: "1048576", readBack: "1048576",
        isInForce: true)
      driver.tell(
        .limitsApplied(LimitsOutcome(revision: Revision(9), microseconds: 80, knobs: [knob])))
      let process = try #require(driver.memory.process)
      driver.tell(
        .exited(
          process,
          ExitReport(
            status: .signaled(signal: 9, coreDumped: false),
            at: Timestamp(millisecondsSinceEpoch: 0),
            outOfMemory: isOutOfMemory)))
      #expect(
        driver.memory.lastExit?.memoryLimits?.map(\.own)
          == (isOutOfMemory ? ["max", "1048576"] : nil))
    }
  }

  @Test("A record of another boot fails and is never revived; one that was to end is gone.")
  func reboot() {
    var running = PlacementMemory(desired: .sample())
    running.phase = .running
    var driver = LifecycleDriver(restoring: running)
    driver.tell(.hostRebooted)
    driver.tell(.cgroupEmpty)
    let told8 = driver.tell(.cgroupRemoved)
    #expect(told8.startAttempt == nil)
    #expect(driver.memory.phase == .failed && driver.memory.message == "host rebooted")
    running.isStopAsked = true
    var stopping = LifecycleDriver(restoring: running)
    stopping.tell(.hostRebooted)
    stopping.tell(.cgroupEmpty)
    let told9 = stopping.tell(.cgroupRemoved)
    #expect(told9.contains(.reportRemoved))
  }

  @Test("An adopted process runs on, and limits that were not written yet are written.")
  func adoption() {
    var memory = PlacementMemory(desired: .sample(resourcesRevision: 4))
    memory.phase = .running
    var driver = LifecycleDriver(restoring: memory)
    let process = ProcessKey(pid: 77, startTicks: 5)
    let actions = driver.tell(.adopted(process, runningSince: MonotonicTime(nanoseconds: 0)))
    #expect(driver.memory.phase == .running && driver.memory.process == process)
    #expect(actions.contains(.applyLimits(Resources(), revision: Revision(4))))
    #expect(actions.startAttempt == nil)
  }
}
