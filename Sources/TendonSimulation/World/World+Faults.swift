// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// Faults begin and end.
extension World {
  mutating func begin(_ index: Int) {
    let fault = scenario.faults[index]
    note("fault: \(fault.kind.words), for \(fault.lasts.inSeconds)")
    faultsOn.insert(index)
    weather()
    let until = time + fault.lasts
    switch fault.kind {
    case .crash(let number): losePower(number - 1)
    case .outage(let numbers, isPower: true): for number in numbers { losePower(number - 1) }
    case .freeze(let number):
      hosts[number - 1].frozenUntil = max(until, hosts[number - 1].frozenUntil ?? until)
    case .clockStep(let number, let seconds):
      hosts[number - 1].wallOffset += .seconds(seconds)
    case .agentCrash(let number): stopAgent(number - 1)
    case .agentStop(let number):
      sayGoodbye(number - 1)
      stopAgent(number - 1)
    case .replay(let number): queue.add(.replay(host: number - 1), at: time)
    case .coordinatorCrash(.atOnce): stopCoordinator()
    case .coordinatorCrash(let point): coordinator.diesAt = point
    case .coordinatorFreeze where coordinator.core == nil: break
    case .coordinatorFreeze:
      coordinator.frozenUntil = max(until, coordinator.frozenUntil ?? until)
    case .coordinatorClockStep(let seconds): coordinator.wallOffset += .seconds(seconds)
    case .slow, .slowDisk, .cut, .pathCut, .outage, .loss, .corruption: break
    }
  }

  mutating func end(_ index: Int) {
    let fault = scenario.faults[index]
    note("over: \(fault.kind.words)")
    faultsOn.remove(index)
    weather()
    switch fault.kind {
    case .crash(let number): boot(number - 1)
    case .outage(let numbers, isPower: true): for number in numbers { boot(number - 1) }
    case .freeze(let number): thaw(number - 1)
    case .agentCrash(let number), .agentStop(let number):
      if hosts[number - 1].isUp, hosts[number - 1].agent == nil { startAgent(number - 1) }
    case .coordinatorCrash:
      coordinator.diesAt = nil
      if coordinator.core == nil { startCoordinator() }
    case .coordinatorFreeze:
      if coordinator.frozenUntil.map({ $0 <= time }) ?? false { coordinator.wakesAt(time) }
    case .slow, .slowDisk, .clockStep, .cut, .pathCut, .outage, .loss, .corruption, .replay,
      .coordinatorClockStep:
      break
    }
  }

  private mutating func thaw(_ host: Int) {
    guard let until = hosts[host].frozenUntil, until <= time else { return }
    hosts[host].frozenUntil = nil
    // What the watchdog of tendon-init has to do comes before anything else.
    watchLease(host, atOnce: true)
    checkFences(of: host)
  }

  /// What the faults that are on make of each host's network and disk.
  private mutating func weather() {
    for host in hosts.indices {
      // How long ago something was wrong with it counts from when that ended.
      if hosts[host].weather.isBad { hosts[host].impairedAt = time }
      hosts[host].weather = Weather()
    }
    for index in faultsOn.sorted() {
      let kind = scenario.faults[index].kind
      for number in scenario.faults[index].hosts { hosts[number - 1].weather.add(kind) }
    }
  }
}

/// What the faults that are on do to one host's network and disk.
struct Weather {
  var isCutFrom = false
  var isCutTo = false
  /// Only between it and the coordinator.
  var isPathCutFrom = false
  var isPathCutTo = false
  var lossPercent = 0
  var corruptionPercent = 0
  var isSlow = false
  var isDiskSlow = false
  var isReplayed = false
  /// Whether it may be taken for dead for what is on.
  var isBad = false

  /// How much loss is no excuse for taking a host for dead.
  private static let harmlessLoss = 30

  mutating func add(_ kind: Fault.Kind) {
    switch kind {
    case .cut(_, let from, let to):
      isCutFrom = isCutFrom || from
      isCutTo = isCutTo || to
    case .outage(_, isPower: false):
      isCutFrom = true
      isCutTo = true
    case .pathCut(_, let from, let to):
      isPathCutFrom = isPathCutFrom || from
      isPathCutTo = isPathCutTo || to
    case .loss(_, let percent): lossPercent = max(lossPercent, percent)
    case .corruption(_, let percent): corruptionPercent = max(corruptionPercent, percent)
    case .slow: isSlow = true
    case .slowDisk: isDiskSlow = true
    case .replay: isReplayed = true
    default: break
    }
    switch kind {
    case .loss, .corruption: isBad = isBad || lossPercent + corruptionPercent > Self.harmlessLoss
    case .slow, .slowDisk, .replay, .clockStep: break
    default: isBad = true
    }
  }
}
