// SPDX-License-Identifier: Apache-2.0

import TendonDatagram
import TendonModel

/// Who sends and receives.
enum Endpoint: Hashable {
  case coordinator
  case host(Int)
}

/// Bytes on their way.
struct Datagram {
  var bytes: [UInt8]
  var from: Endpoint
}

/// The network: datagrams that are lost, late, doubled and corrupted, and connections that break.
extension World {
  func isOpen(from: Endpoint, to: Endpoint) -> Bool {
    switch (from, to) {
    case (.coordinator, .coordinator): return true
    case (.coordinator, .host(let host)):
      return !hosts[host].weather.isCutTo && !hosts[host].weather.isPathCutTo
    case (.host(let host), .coordinator):
      return !hosts[host].weather.isCutFrom && !hosts[host].weather.isPathCutFrom
    case (.host(let sender), .host(let receiver)):
      return !hosts[sender].weather.isCutFrom && !hosts[receiver].weather.isCutTo
    }
  }

  mutating func send(_ bytes: [UInt8], from: Endpoint, to: Endpoint) {
    guard isOpen(from: from, to: to), let host = to.host ?? from.host else { return }
    var weather = hosts[host].weather
    if let other = from.host {
      weather.lossPercent = max(weather.lossPercent, hosts[other].weather.lossPercent)
      weather.corruptionPercent = max(
        weather.corruptionPercent, hosts[other].weather.corruptionPercent)
      if to == .coordinator { record(bytes, of: other) }
    }
    if hosts[host].random.chance(weather.lossPercent) { return }
    let isLate = hosts[host].random.chance(2 * weather.lossPercent)
    var delay = hosts[host].random.milliseconds(isLate ? 50...800 : 0...3)
    if hosts[host].random.chance(2) { delay += hosts[host].random.milliseconds(0...3000) }
    // An agent without CPU looks at its socket now and then.
    if to.host != nil, hosts[host].weather.isSlow {
      delay += hosts[host].random.milliseconds(0...1500)
    }
    var datagram = Datagram(bytes: bytes, from: from)
    if hosts[host].random.chance(weather.corruptionPercent) {
      let bit = Int.random(in: 0..<bytes.count * 8, using: &hosts[host].random)
      datagram.bytes[bit / 8] ^= 1 << (bit % 8)
    }
    queue.add(.datagram(datagram, to: to), at: time + delay)
    if hosts[host].random.chance(1) {
      let later = hosts[host].random.milliseconds(0...3000)
      queue.add(.datagram(datagram, to: to), at: time + delay + later)
    }
  }

  /// How long something on a connection between host and coordinator is on its way; nil: the connection breaks.
  mutating func passage(_ host: Int, isFrom: Bool) -> Duration? {
    let isOpen =
      isFrom
      ? isOpen(from: .host(host), to: .coordinator) : isOpen(from: .coordinator, to: .host(host))
    guard isOpen else { return nil }
    let isSlow = hosts[host].weather.lossPercent + hosts[host].weather.corruptionPercent > 0
    return hosts[host].random.milliseconds(isSlow ? 1...400 : 0...5)
  }

  /// A TCP connection to a host's kernel, which answers while it runs, whatever its agent does.
  mutating func askKernel(of host: Int, token: UInt64, from asker: Endpoint) {
    guard hosts[host].isRunning(at: time), !hosts[host].hidesKernel,
      isOpen(from: asker, to: .host(host)), isOpen(from: .host(host), to: asker)
    else { return }
    let delay = hosts[host].random.milliseconds(1...20)
    queue.add(.kernelAnswer(token: token, to: asker), at: time + delay)
  }

  // MARK: Replays

  private static var recordedDatagrams: Int { 32 }

  private mutating func record(_ bytes: [UInt8], of host: Int) {
    hosts[host].recorded.append(bytes)
    if hosts[host].recorded.count > 2 * Self.recordedDatagrams {
      hosts[host].recorded.removeFirst(Self.recordedDatagrams)
    }
  }

  /// Somebody else on the network sends what was recorded.
  mutating func replay(_ host: Int) {
    guard hosts[host].weather.isReplayed else { return }
    if let bytes = hosts[host].recorded.randomElement(using: &hosts[host].random) {
      queue.add(.datagram(Datagram(bytes: bytes, from: .host(host)), to: .coordinator), at: time)
    }
    queue.add(.replay(host: host), at: time + .milliseconds(200))
  }
}

extension Endpoint {
  var host: Int? {
    if case .host(let host) = self { host } else { nil }
  }
}
