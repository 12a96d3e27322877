// SPDX-License-Identifier: Apache-2.0
import Glibc
import Synchronization
import TendonDatagram
import TendonLinux
import TendonModel

/// Answers heartbeats and hands them on in batches, one for each time the socket was read.
///
/// It owns its thread: whatever else ran there would delay acknowledgements, and so leases.
struct HealthLoop: Sendable {
  private static let threadName = "tendon-health"
  /// After a failed read, so that a failure that lasts does not take a core.
  private static let pauseMicroseconds: UInt32 = 10_000

  let socket: DatagramSocket
  let sessions: SessionTable
  let tally: HealthTally
  /// Called with every batch; must not block.
  let deliver: @Sendable ([ReceivedHeartbeat]) -> Void
  /// Called with every other sign of life; must not block.
  let deliverSigns: @Sendable ([ReceivedSign]) -> Void

  /// It looks at the socket at least this often, so that one can tell whether it still does.
  private static let longestWaitMilliseconds: Int32 = 25

  /// Works until the socket is stopped. Blocks.
  func run() {
    tally.setThread(BlockingThread.name(Self.threadName))
    var batch = DatagramBatch()
    var answers: [UInt8] = []
    while true {
      do throws(SocketError) {
        guard
          try batch.receive(from: socket, withinMilliseconds: Self.longestWaitMilliseconds)
        else { return }
      } catch {
        tally.countReceiveError()
        usleep(Self.pauseMicroseconds)
        continue
      }
      let lookedAt = BootClock.now()
      if batch.count > 0 { answer(&batch, using: &answers) }
      if !batch.isFull { tally.listened(until: lookedAt) }
    }
  }

  private func answer(_ batch: inout DatagramBatch, using answers: inout [UInt8]) {
    let receivedAt = BootClock.now()
    var counters = HealthCounters()
    var received: [ReceivedHeartbeat] = []
    var signs: [ReceivedSign] = []
    received.reserveCapacity(batch.count)
    answers.removeAll(keepingCapacity: true)
    for index in 0..<batch.count {
      let start = answers.count
      do throws(DatagramError) {
        let arrival = try batch.withDatagram(at: index) { (bytes, length) throws(DatagramError) in
          guard length <= WireLimits.maximumDatagram else { throw .tooLong }
          return try sessions.answer(bytes, receivedAt: receivedAt, appendingTo: &answers)
        }
        counters.datagrams.accepted += 1
        switch arrival {
        case .heartbeat(let heartbeat, let address):
          received.append(heartbeat)
          // Only when it moved: to compare makes nothing.
          if address.map({ !batch.isSender($0, at: index) }) ?? true {
            sessions.setAddress(batch.sender(at: index), ofSession: heartbeat.sessionID)
          }
        case .report: break  // The session table has made a sign of it.
        case .sign(let sign): signs.append(ReceivedSign(sign: sign, receivedAt: receivedAt))
        }
        if answers.count > start { batch.answer(at: index, with: start..<answers.count) }
      } catch {
        counters.datagrams.count(error)
      }
    }
    let (queued, sent) = batch.send(answers, through: socket)
    counters.acknowledged = UInt64(sent)
    counters.acknowledgementsDropped = UInt64(queued - sent)
    tally.add(counters)
    if !received.isEmpty { deliver(received) }
    if !signs.isEmpty { deliverSigns(signs) }
  }
}

/// The health server's counters, written by its thread once a batch and read by anyone.
final class HealthTally: Sendable {
  private let counters = Mutex(HealthCounters())
  private let threadID = Mutex<Int32?>(nil)
  private let lookedAt = Mutex<MonotonicTime?>(nil)

  /// Everything that had come by then was handed on; nil before the first look.
  var listenedUntil: MonotonicTime? { lookedAt.withLock { $0 } }

  func listened(until time: MonotonicTime) { lookedAt.withLock { $0 = time } }

  /// The kernel's number of the server's thread; nil before it runs.
  var thread: Int32? { threadID.withLock { $0 } }

  func setThread(_ thread: Int32) { threadID.withLock { $0 = thread } }

  var snapshot: HealthCounters { counters.withLock { $0 } }

  func add(_ batch: HealthCounters) { counters.withLock { $0.add(batch) } }

  func countReceiveError() { counters.withLock { $0.receiveErrors += 1 } }
}
