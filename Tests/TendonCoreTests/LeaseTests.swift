// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TendonCore
@testable import TendonModel

@Suite struct LeaseTests {
  private func at(_ milliseconds: Int64) -> MonotonicTime {
    MonotonicTime(nanoseconds: milliseconds * 1_000_000)
  }

  @Test(
    "A lease is counted from when the acknowledged heartbeat was sent, and a late acknowledgement takes nothing away."
  )
  func lease() {
    var lease = HostLease()
    #expect(!lease.holds(at: at(0)), "none was granted")
    func acknowledge(_ sent: Int64) -> Bool {
      lease.acknowledged(sentAt: at(sent), lease: .seconds(5))
    }
    #expect(acknowledge(1000))
    #expect(lease.holds(at: at(5999)) && !lease.holds(at: at(6000)))
    #expect(!acknowledge(900) && !acknowledge(1000))
    #expect(lease.end == at(6000))
    #expect(acknowledge(1250))
    #expect(lease.end == at(6250) && lease.length == .seconds(5))
    #expect(
      !lease.acknowledged(sentAt: at(1000), lease: .seconds(2)) && lease.length == .seconds(5))
  }

  @Test(
    "A running placement is killed and fails for good; it is not started again, whatever its restart policy."
  )
  func running() throws {
    var driver = LifecycleDriver()
    driver.run()
    let actions = driver.tell(.leaseEnded)
    #expect(actions.first == .killCgroup)
    #expect(driver.tell(.leaseEnded).isEmpty, "once is enough")
    let after = driver.end(.signaled(signal: 9, coreDumped: false))
    #expect(after.startAttempt == nil)
    #expect(driver.memory.phase == .failed)
    #expect(driver.memory.message.hasPrefix("killed: it is fenced, and the host's lease ended"))
    #expect(driver.memory.lastExit?.stoppedBecause == InstanceLifecycle.leaseIsOver)
    let last = driver.tell(.cgroupRemoved)
    #expect(last.startAttempt == nil && driver.memory.phase == .failed)
  }

  @Test("One that waits for its next start, or has just ended, is not started again.")
  func waiting() throws {
    var ended = LifecycleDriver()
    ended.run()
    ended.tell(.exited(ProcessKey(pid: 10, startTicks: 1), .sample(.exited(code: 1))))
    ended.tell(.leaseEnded)
    let told = ended.tell(.cgroupEmpty)
    #expect(told.startAttempt == nil && told.contains(.removeCgroup))
    var waiting = LifecycleDriver()
    waiting.run()
    waiting.end()
    #expect(waiting.memory.phase == .waiting)
    let actions = waiting.tell(.leaseEnded)
    #expect(actions.contains(.killCgroup) && waiting.memory.phase == .failed)
  }

  @Test("One that was killed for the lease, and is then asked to end, leaves nothing.")
  func askedAfterKill() throws {
    var driver = LifecycleDriver()
    driver.run()
    driver.tell(.leaseEnded)
    driver.tell(.stopAsked)
    driver.end(.signaled(signal: 9, coreDumped: false))
    let last = driver.tell(.cgroupRemoved)
    #expect(last.contains(.forget) && driver.lifecycle.isGone)
  }

  @Test("One that is being stopped is killed at once, and leaves as it was asked to.")
  func stopping() throws {
    var driver = LifecycleDriver()
    driver.run()
    driver.tell(.stopAsked)
    let actions = driver.tell(.leaseEnded)
    #expect(actions.first == .killCgroup)
    driver.end(.signaled(signal: 9, coreDumped: false))
    let last = driver.tell(.cgroupRemoved)
    #expect(last.contains(.reportRemoved) || last.contains(.forget))
  }
}
