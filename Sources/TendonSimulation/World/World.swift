// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonDatagram
import TendonModel

/// One cluster in one thread and in virtual time: the coordinator's core and the agents' cores, as they are in the
/// programs, in shells, networks and hosts that a seed makes fail.
struct World {
  /// Indirect where it carries much: it is handed on often.
  enum Event {
    case coordinatorTick
    case beat(host: Int)
    case agentLook(host: Int)
    case leaseLook(host: Int)
    case datagram(Datagram, to: Endpoint)
    case replay(host: Int)
    case kernelAnswer(token: UInt64, to: Endpoint)
    /// To the life of the coordinator that it was sent to.
    indirect case toCoordinator(host: Int, life: UInt64, Message)
    indirect case toAgent(host: Int, Reply)
    case perform(host: Int, life: UInt64, Epoch)
    indirect case tell(host: Int, life: UInt64, Epoch, LifecycleEvent)
    case diskDone(host: Int, life: UInt64)
    case processEnds(host: Int, Epoch, ProcessKey, ExitStatus)
    case user(Int)
    case settleDown
    case faultBegins(Int)
    case faultEnds(Int)
    case check
  }

  /// From an agent, over a connection.
  enum Message {
    case openSession(SessionRequest)
    case openStream(UInt32)
    case report(AgentReport)
  }

  /// To an agent, over a connection.
  enum Reply {
    case session(SessionGrant, agentNonce: String)
    case line(UInt32, AgentStreamLine)
    /// The stream is not opened: the session is none any more.
    case refused(UInt32)
    case reported(AgentReport, wasTaken: Bool)
  }

  let settings = CoordinatorSettings()
  let scenario: Scenario
  let sabotage: Sabotage?
  var random: SimulationRandom
  var queue = EventQueue()
  var time: MonotonicTime = World.begin
  let start: MonotonicTime = World.begin
  /// Faults and users end then.
  let calm: MonotonicTime
  let end: MonotonicTime
  var hosts: [SimulatedHost] = []
  var coordinator = SimulatedCoordinator()
  /// Those of the scenario's faults that are on.
  var faultsOn: Set<Int> = []
  var model = UserModel()
  var violations: [Violation] = []
  let trace: Trace
  var steps = 0
  /// Of the times of all that happened, which say more than that: what is drawn at random tells worlds apart.
  private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  /// What all receivers made of what came.
  var datagrams = DatagramCounters()

  private static let begin = MonotonicTime(nanoseconds: 1_000_000_000)
  /// How long after the last user's word everything has to be as it should; the last fault may take a third of it.
  static let calmTime = Duration.seconds(60)
  private static let stream = 2
  private static let firstHostStream = 100

  init(seed: UInt64, _ scenario: Scenario, sabotage: Sabotage?, keepsTrace: Bool) {
    random = SimulationRandom(seed: seed, stream: Self.stream)
    self.scenario = scenario
    self.sabotage = sabotage
    trace = Trace(isKept: keepsTrace)
    calm = start + scenario.active
    end = calm + Self.calmTime
    for number in 1...scenario.hosts {
      hosts.append(
        SimulatedHost(
          number: number,
          random: SimulationRandom(seed: seed, stream: Self.firstHostStream + number)))
    }
    startCoordinator()
    queue.add(.coordinatorTick, at: time)
    for host in hosts.indices {
      startAgent(host)
      queue.add(.beat(host: host), at: time + hosts[host].random.milliseconds(0...250))
      queue.add(.agentLook(host: host), at: time + hosts[host].random.milliseconds(0...50))
      queue.add(.leaseLook(host: host), at: time + hosts[host].random.milliseconds(0...50))
    }
    for (index, fault) in scenario.faults.enumerated() {
      queue.add(.faultBegins(index), at: start + fault.at)
      queue.add(.faultEnds(index), at: start + fault.at + fault.lasts)
    }
    for (index, action) in scenario.actions.enumerated() {
      queue.add(.user(index), at: start + action.at)
    }
    queue.add(.settleDown, at: calm)
    queue.add(.check, at: end)
  }

  /// Runs until nothing is left to be seen, or something is wrong.
  mutating func run() {
    while violations.isEmpty, let (at, event) = queue.next() {
      time = at
      steps += 1
      hash = (hash ^ UInt64(bitPattern: at.nanoseconds)) &* 0x100_0000_01B3
      if case .check = event {
        checkAtEnd()
        return
      }
      handle(event)
    }
  }

  private mutating func handle(_ event: Event) {
    switch event {
    case .coordinatorTick:
      tick()
      queue.add(.coordinatorTick, at: time + .milliseconds(50))
    case .beat(let host):
      if isAwake(host, event) { beat(host) }
    case .agentLook(let host):
      if isAwake(host, event) { look(host) }
    case .leaseLook(let host):
      if isAwake(host, event) { lookAtLease(host) }
    case .datagram(let datagram, .coordinator):
      if isCoordinatorAwake(event) { receive(datagram) }
    case .datagram(let datagram, .host(let host)):
      if isAwake(host, event) { receive(datagram, on: host) }
    case .replay(let host): replay(host)
    case .kernelAnswer(let token, .coordinator):
      if isCoordinatorAwake(event) { kernelAnswered(token) }
    case .kernelAnswer(let token, .host(let host)):
      if isAwake(host, event) { kernelAnswered(token, toldBy: host) }
    case .toCoordinator(let host, let life, let message):
      if isCoordinatorAwake(event), life == coordinator.life { take(message, from: host) }
    case .toAgent(let host, let reply):
      if isAwake(host, event) { take(reply, on: host) }
    case .perform(let host, let life, let epoch):
      if isAwake(host, event), hosts[host].life == life { perform(epoch, on: host) }
    case .tell(let host, let life, let epoch, let lifecycle):
      if isAwake(host, event), hosts[host].life == life { tell(lifecycle, of: epoch, on: host) }
    case .diskDone(let host, let life):
      if isAwake(host, event), hosts[host].life == life { diskIsDone(host) }
    case .processEnds(let host, let epoch, let key, let status):
      if isAwake(host, event) { processEnds(epoch, key, on: host, status) }
    case .user(let index): ask(scenario.actions[index].kind)
    case .settleDown: settleDown()
    case .faultBegins(let index): begin(index)
    case .faultEnds(let index): end(index)
    case .check: break
    }
  }

  /// Whether the host runs; what happens to one that stands still happens when it goes on, what happens to one without
  /// power does not, except the looks that go round for ever.
  private mutating func isAwake(_ host: Int, _ event: Event) -> Bool {
    if let until = hosts[host].frozenUntil, until > time {
      queue.add(event, at: until)
      return false
    }
    if hosts[host].isUp { return true }
    switch event {
    case .beat: queue.add(event, at: time + .milliseconds(250))
    case .agentLook, .leaseLook: queue.add(event, at: time + .milliseconds(50))
    default: break
    }
    return false
  }

  private mutating func isCoordinatorAwake(_ event: Event) -> Bool {
    guard let until = coordinator.frozenUntil, until > time else { return true }
    queue.add(event, at: until)
    return false
  }

  mutating func violate(_ check: Violation.Check, _ text: String) {
    violations.append(Violation(check: check, text: text))
    note("VIOLATION of \(check.rawValue): \(text)")
  }

  func note(_ text: @autoclosure () -> String) {
    if trace.isKept { trace.add(time - start, text()) }
  }
}
