// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel

/// One cluster in one thread and in virtual time: the coordinator's core and the agents' cores, as they are in the
/// programs, in shells, networks and hosts that a seed makes fail.
struct World {
  enum Event {
    case coordinatorTick
    case beat(host: Int)
    case agentLook(host: Int)
    case leaseLook(host: Int)
    case toCoordinator(host: Int, Message)
    case toAgent(host: Int, Reply)
    case perform(host: Int, life: UInt64, Epoch)
    case tell(host: Int, life: UInt64, Epoch, LifecycleEvent)
    case processEnds(host: Int, Epoch, ProcessKey)
    case user
    case faultBegins(Int)
    case faultEnds(Int)
    case check
  }

  /// From an agent.
  enum Message {
    case openSession(SessionRequest)
    case openStream(UInt32)
    case report(AgentReport)
    case heartbeat(UInt32, Heartbeat)
  }

  /// To an agent.
  enum Reply {
    case session(UInt32, life: UInt64)
    case line(UInt32, AgentStreamLine)
    case reported(AgentReport, wasTaken: Bool)
    case acknowledgement(UInt32, HeartbeatAck)
    case keepAlive(UInt32)
  }

  let settings = CoordinatorSettings()
  let sabotage: Sabotage?
  let faults: [Fault]
  var random: SimulationRandom
  var queue = EventQueue<Event>()
  var time = MonotonicTime(nanoseconds: 1_000_000_000)
  let start = MonotonicTime(nanoseconds: 1_000_000_000)
  /// Faults and users end then.
  let calm: MonotonicTime
  let end: MonotonicTime
  var hosts: [SimulatedHost] = []
  var coordinator = SimulatedCoordinator()
  var model = UserModel()
  var violations: [String] = []
  var trace = Trace()
  var steps = 0

  static let calmTime = Duration.seconds(60)

  init(seed: UInt64, faults: [Fault]?, sabotage: Sabotage?, keepsTrace: Bool) {
    random = SimulationRandom(seed: seed)
    self.sabotage = sabotage
    trace.isKept = keepsTrace
    let count = Int.random(in: 3...5, using: &random)
    let active = random.milliseconds(30_000...90_000)
    calm = start + active
    end = calm + Self.calmTime
    for number in 1...count {
      let drift = Double(Int.random(in: -4000...4000, using: &random)) / 1_000_000
      do {
        hosts.append(SimulatedHost(id: try HostID("host\(number)"), drift: drift))
      } catch {
        preconditionFailure("\(error)")
      }
    }
    // Drawn in any case, so that the world is the same with a shorter list.
    let drawn = Fault.draw(hosts: count, until: active, using: &random)
    self.faults = faults ?? drawn
    startCoordinator()
    queue.add(.coordinatorTick, at: time)
    for host in hosts.indices {
      startAgent(host)
      queue.add(.beat(host: host), at: time + random.milliseconds(0...250))
      queue.add(.agentLook(host: host), at: time + random.milliseconds(0...50))
      queue.add(.leaseLook(host: host), at: time + random.milliseconds(0...50))
    }
    for (index, fault) in self.faults.enumerated() {
      queue.add(.faultBegins(index), at: start + fault.at)
      queue.add(.faultEnds(index), at: start + fault.at + fault.lasts)
    }
    queue.add(.user, at: time + .seconds(1))
    queue.add(.check, at: end)
  }

  /// Runs until nothing is left to be seen, or something is wrong.
  mutating func run() {
    while violations.isEmpty, let (at, event) = queue.next() {
      time = at
      steps += 1
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
    case .toCoordinator(let host, let message):
      if let until = coordinator.frozenUntil, until > time {
        queue.add(event, at: until)
      } else {
        take(message, from: host)
      }
    case .toAgent(let host, let reply):
      if isAwake(host, event) { take(reply, on: host) }
    case .perform(let host, let life, let epoch):
      if isAwake(host, event), hosts[host].life == life { perform(epoch, on: host) }
    case .tell(let host, let life, let epoch, let lifecycle):
      if isAwake(host, event), hosts[host].life == life { tell(lifecycle, of: epoch, on: host) }
    case .processEnds(let host, let epoch, let key):
      if isAwake(host, event) { processEnds(epoch, key, on: host, signal: 15) }
    case .user: useCluster()
    case .faultBegins(let index): begin(faults[index])
    case .faultEnds(let index): end(faults[index])
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

  mutating func violate(_ text: String) {
    violations.append(text)
    note("VIOLATION: \(text)")
  }

  mutating func note(_ text: String) { trace.add(time - start, text) }

  // MARK: Faults

  private mutating func begin(_ fault: Fault) {
    note("fault: \(fault)")
    let until = time + fault.lasts
    switch fault.kind {
    case .crash(let number): losePower(number - 1)
    case .freeze(let number): hosts[number - 1].frozenUntil = until
    case .cut(let number, let from, let to):
      hosts[number - 1].isCutFrom = from
      hosts[number - 1].isCutTo = to
    case .loss(let number, let percent): hosts[number - 1].lossPercent = percent
    case .agentCrash(let number): stopAgent(number - 1)
    case .coordinatorCrash(let afterCommit):
      if afterCommit { coordinator.diesAfterCommit = true } else { stopCoordinator() }
    case .coordinatorFreeze: coordinator.frozenUntil = until
    }
  }

  private mutating func end(_ fault: Fault) {
    note("over: \(fault)")
    switch fault.kind {
    case .crash(let number): boot(number - 1)
    case .freeze(let number):
      hosts[number - 1].frozenUntil = nil
      // What the watchdog of tendon-init has to do comes before anything else.
      watchLease(number - 1)
      checkFences(of: number - 1)
    case .cut(let number, _, _):
      hosts[number - 1].isCutFrom = false
      hosts[number - 1].isCutTo = false
    case .loss(let number, _): hosts[number - 1].lossPercent = 0
    case .agentCrash(let number):
      if hosts[number - 1].isUp, hosts[number - 1].agent == nil { startAgent(number - 1) }
    case .coordinatorCrash:
      coordinator.diesAfterCommit = false
      if coordinator.core == nil { startCoordinator() }
    case .coordinatorFreeze: coordinator.frozenUntil = nil
    }
  }

  // MARK: The network

  /// How long a datagram is on its way; none: it is lost; two: it comes twice.
  mutating func flights(_ host: Int, isFrom: Bool) -> [Duration] {
    let state = hosts[host]
    if isFrom ? state.isCutFrom : state.isCutTo { return [] }
    if random.chance(state.lossPercent) { return [] }
    let slow = random.chance(2 * state.lossPercent)
    let first = random.milliseconds(slow ? 50...800 : 0...3)
    return random.chance(1) ? [first, first + random.milliseconds(0...3000)] : [first]
  }

  /// How long something on a connection is on its way; nil: the connection breaks.
  mutating func passage(_ host: Int, isFrom: Bool) -> Duration? {
    let state = hosts[host]
    if isFrom ? state.isCutFrom : state.isCutTo { return nil }
    return random.milliseconds(state.lossPercent > 0 ? 1...400 : 0...5)
  }
}

/// What happened, for whoever looks for why.
struct Trace {
  var isKept = false
  private(set) var lines: [String] = []
  /// The same in one number, so that two runs can be compared.
  private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325

  mutating func add(_ time: Duration, _ text: String) {
    let line = "\(time / .milliseconds(1)) ms  \(text)"
    for byte in line.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    if isKept { lines.append(line) }
  }
}
