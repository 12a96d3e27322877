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

  /// Works until the socket is stopped. Blocks.
  func run() {
    tally.setThread(BlockingThread.name(Self.threadName))
    var batch = DatagramBatch()
    var answers: [UInt8] = []
    while true {
      do throws(SocketError) {
        guard try batch.receive(from: socket) else { return }
      } catch {
        tally.countReceiveError()
        usleep(Self.pauseMicroseconds)
        continue
      }
      answer(&batch, using: &answers)
    }
  }

  private func answer(_ batch: inout DatagramBatch, using answers: inout [UInt8]) {
    let receivedAt = BootClock.now()
    var counters = HealthCounters()
    var received: [ReceivedHeartbeat] = []
    received.reserveCapacity(batch.count)
    answers.removeAll(keepingCapacity: true)
    for index in 0..<batch.count {
      let start = answers.count
      do throws(DatagramError) {
        let heartbeat = try batch.withDatagram(at: index) { (bytes, length) throws(DatagramError) in
          guard length <= WireLimits.maximumDatagram else { throw .tooLong }
          return try sessions.answer(bytes, receivedAt: receivedAt, appendingTo: &answers)
        }
        counters.datagrams.accepted += 1
        received.append(heartbeat)
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
  }
}

/// The health server's counters, written by its thread once a batch and read by anyone.
final class HealthTally: Sendable {
  private let counters = Mutex(HealthCounters())
  private let threadID = Mutex<Int32?>(nil)

  /// The kernel's number of the server's thread; nil before it runs.
  var thread: Int32? { threadID.withLock { $0 } }

  func setThread(_ thread: Int32) { threadID.withLock { $0 = thread } }

  var snapshot: HealthCounters { counters.withLock { $0 } }

  func add(_ batch: HealthCounters) { counters.withLock { $0.add(batch) } }

  func countReceiveError() { counters.withLock { $0.receiveErrors += 1 } }
}
