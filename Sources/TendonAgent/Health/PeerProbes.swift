// SPDX-License-Identifier: Apache-2.0
import NIOCore
import TendonDatagram
import TendonModel

/// The pings that this host has sent on for the coordinator, so that only their answers are sent back. Pure.
struct PeerProbes: Sendable {
  /// How long an answer is waited for.
  static let lifetime = Duration.seconds(2)
  /// How many pings are sent on a second at most, and how many at once: three hosts that are asked ten times a second
  /// about a handful of suspects stay far below. Raising it lets a coordinator ask more of one host.
  static let mostPerSecond = 200
  /// How many answers are sent back for one session at most, whoever sends what looks like them.
  static let mostAnswers = 16

  private struct Waiting: Sendable {
    var token: UInt64
    var target: SocketAddress
    var until: MonotonicTime
    var answersLeft = PeerProbes.mostAnswers
  }

  /// By the session that the ping is sealed for, which its header names in clear.
  private var waiting: [UInt32: Waiting] = [:]
  private var room = Double(PeerProbes.mostPerSecond)
  private var countedAt: MonotonicTime?
  /// Requests that were not followed.
  private(set) var refused: UInt64 = 0

  /// Whether the ping may be sent on to `target`; its answers are then expected.
  mutating func begin(_ request: ProbeRequest, to target: SocketAddress, now: MonotonicTime) -> Bool
  {
    refill(now)
    let header: DatagramHeader
    do throws(DatagramError) {
      header = try request.ping.withUnsafeBufferPointer { (buffer) throws(DatagramError) in
        try DatagramHeader(of: UnsafeRawBufferPointer(buffer))
      }
    } catch {
      refused += 1
      return false
    }
    guard header.kind == .ping, room >= 1 else {
      refused += 1
      return false
    }
    room -= 1
    waiting = waiting.filter { $0.value.until > now }
    waiting[header.session] = Waiting(
      token: request.token, target: target, until: now + Self.lifetime)
    return true
  }

  /// The try that a pong of this session answers; nil for one that nobody waits for.
  mutating func answered(
    session: UInt32, from sender: SocketAddress, now: MonotonicTime
  ) -> UInt64? {
    guard let found = waiting[session], found.until > now, found.answersLeft > 0,
      found.target == sender
    else { return nil }
    waiting[session]!.answersLeft -= 1
    return found.token
  }

  private mutating func refill(_ now: MonotonicTime) {
    let passed = countedAt.map { now - $0 } ?? .zero
    countedAt = now
    let gained = Double(passed.wholeMilliseconds) / 1000 * Double(Self.mostPerSecond)
    room = min(Double(Self.mostPerSecond), room + max(0, gained))
  }
}
