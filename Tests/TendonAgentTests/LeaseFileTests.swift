// SPDX-License-Identifier: Apache-2.0

import Glibc
import TendonLinux
import Testing

@testable import TendonAgent
@testable import TendonCore
@testable import TendonModel

@Suite struct LeaseFileTests {
  /// What follows the time, in the files of these tests.
  private static let rest = "boot 01234567-89ab-cdef-0123-456789abcdef\nlease 5000\n"

  private let folder: ScratchFolder
  private let file: LeaseFile

  init() throws {
    folder = try ScratchFolder()
    file = LeaseFile(
      socket: folder.path + "/init.sock",
      boot: try BootID(parsing: "01234567-89ab-cdef-0123-456789abcdef"))
  }

  private func ack(sentAt: Int64) -> HeartbeatAck {
    HeartbeatAck(
      sequence: 1, echoedSentAt: MonotonicTime(nanoseconds: sentAt), coordinatorEpoch: 1,
      newestRevision: Revision(1), lease: .seconds(5))
  }

  private func at(_ milliseconds: Int64) -> MonotonicTime {
    MonotonicTime(nanoseconds: milliseconds * 1_000_000)
  }

  private func text() throws -> String {
    String(decoding: try Files.read(file.path), as: UTF8.self)
  }

  @Test("The watchdog's file is there while something is fenced, and follows the lease in place.")
  func followed() throws {
    let holder = LeaseHolder(file: file)
    #expect(holder.acknowledged(ack(sentAt: 1_000_000_000), now: at(1_001)) == nil)
    #expect(access(file.path, F_OK) != 0 && holder.end == nil)
    try holder.hold(Epoch(7), in: "/cg/web/web.0")
    try holder.hold(Epoch(3), in: "/cg/db/db.0")
    #expect(try text() == "00000000006000000000\n\(Self.rest)/cg/db/db.0\n/cg/web/web.0\n")
    #expect(holder.acknowledged(ack(sentAt: 1_250_000_000), now: at(1_251)) == nil)
    #expect(try text() == "00000000006250000000\n\(Self.rest)/cg/db/db.0\n/cg/web/web.0\n")
    #expect(holder.end == MonotonicTime(nanoseconds: 6_250_000_000))
    try holder.release(Epoch(3))
    try holder.release(Epoch(4))
    #expect(try text() == "00000000006250000000\n\(Self.rest)/cg/web/web.0\n")
    // The next agent goes on with the lease that this one had.
    let next = LeaseHolder(file: file)
    #expect(next.length == .seconds(5))
    #expect(next.holds(at: MonotonicTime(nanoseconds: 6_249_999_999)))
    #expect(!next.holds(at: MonotonicTime(nanoseconds: 6_250_000_000)))
    try holder.release(Epoch(7))
    #expect(access(file.path, F_OK) != 0)
  }

  @Test("Without a file, or with one that can't be read, there is no lease.")
  func none() throws {
    #expect(file.lease() == HostLease())
    #expect(!LeaseHolder(file: file).holds(at: MonotonicTime(nanoseconds: 1)))
    for rubbish in [
      "", "rubbish\n", "0000000000600000\(Self.rest)", "00000000006000000000\n/cg/a\n/cg/b\n",
      "00000000006000000000\n" + Self.rest.replacing("boot 0", with: "boot 1") + "/cg/a\n",
    ] {
      try Files.replace("init.sock.fence", in: folder.path, with: Array(rubbish.utf8))
      #expect(file.lease() == HostLease(), "\(rubbish)")
    }
    // What is held without one is killed at once.
    let holder = LeaseHolder(file: file)
    try holder.hold(Epoch(1), in: "/cg/a")
    #expect(holder.end == MonotonicTime(nanoseconds: 0))
    #expect(
      try text() == "00000000000000000000\nboot 01234567-89ab-cdef-0123-456789abcdef\n/cg/a\n")
  }

  @Test(
    "A lease that is granted after the one before it ended is not for what was held: that has to be gone first."
  )
  func lapsed() throws {
    let holder = LeaseHolder(file: file)
    #expect(holder.acknowledged(ack(sentAt: 1_000_000_000), now: at(1_001)) == nil)
    try holder.hold(Epoch(3), in: "/cg/db/db.0")
    try holder.hold(Epoch(7), in: "/cg/web/web.0")
    // The host stood still from before 6 s until 20 s, and its first heartbeat is answered before anybody has killed.
    #expect(holder.acknowledged(ack(sentAt: 20_000_000_000), now: at(20_001)) == nil)
    #expect(holder.end == at(0), "the agent kills at once")
    #expect(try text().hasPrefix("00000000006000000000\n"), "and so does tendon-init")
    #expect(!holder.holds(at: at(20_002)), "nothing fenced starts beside them")
    // Nor does the next one bring it back.
    #expect(holder.acknowledged(ack(sentAt: 20_250_000_000), now: at(20_251)) == nil)
    #expect(holder.end == at(0))
    try holder.release(Epoch(3))
    #expect(holder.end == at(0))
    #expect(try text() == "00000000000000000000\n\(Self.rest)/cg/web/web.0\n")
    try holder.release(Epoch(7))
    #expect(holder.holds(at: at(20_252)) && holder.end == nil)
    try holder.hold(Epoch(9), in: "/cg/web/web.0")
    #expect(try text() == "00000000025250000000\n\(Self.rest)/cg/web/web.0\n")
  }

  @Test(
    "A file of another boot grants nothing, though its time is yet to come on this one's clock.")
  func otherBoot() throws {
    let before = LeaseHolder(file: file)
    #expect(before.acknowledged(ack(sentAt: 900_000_000_000), now: at(900_001)) == nil)
    try before.hold(Epoch(3), in: "/cg/db/db.0")
    #expect(LeaseHolder(file: file).holds(at: at(900_002)))
    let reborn = LeaseFile(
      socket: folder.path + "/init.sock",
      boot: try BootID(parsing: "01234567-89ab-cdef-0123-456789abcde0"))
    let next = LeaseHolder(file: reborn)
    #expect(!next.holds(at: at(20)) && next.length == nil)
    // The first heartbeat of this boot that is acknowledged is what counts.
    #expect(next.acknowledged(ack(sentAt: 30_000_000), now: at(31)) == nil)
    #expect(next.holds(at: at(5029)) && !next.holds(at: at(5030)))
    try next.hold(Epoch(4), in: "/cg/db/db.0")
    #expect(
      try text().hasPrefix("00000000005030000000\nboot 01234567-89ab-cdef-0123-456789abcde0\n"))
  }

  @Test("A lease of another length is noted for the next agent.")
  func length() throws {
    let holder = LeaseHolder(file: file)
    #expect(holder.length == nil)
    #expect(holder.acknowledged(ack(sentAt: 1_000_000_000), now: at(1_001)) == nil)
    try holder.hold(Epoch(3), in: "/cg/db/db.0")
    var longer = ack(sentAt: 1_250_000_000)
    longer.lease = .seconds(60)
    #expect(holder.acknowledged(longer, now: at(1_251)) == nil)
    #expect(LeaseHolder(file: file).length == .seconds(60))
    #expect(LeaseHolder(file: file).holds(at: at(61_249)))
  }

  @Test("An agent that comes back after the lease has ended does not revive what it finds.")
  func adoptedLate() throws {
    let first = LeaseHolder(file: file)
    #expect(first.acknowledged(ack(sentAt: 1_000_000_000), now: at(1_001)) == nil)
    try first.hold(Epoch(3), in: "/cg/db/db.0")
    let next = LeaseHolder(file: file)
    try next.hold(Epoch(3), in: "/cg/db/db.0")
    #expect(next.acknowledged(ack(sentAt: 9_000_000_000), now: at(9_001)) == nil)
    #expect(next.end == at(0) && !next.holds(at: at(9_002)))
  }

  @Test("Whoever watches the lease is told when something comes to be held.")
  func told() async throws {
    let holder = LeaseHolder(file: file)
    #expect(holder.acknowledged(ack(sentAt: 1_000_000_000), now: at(1_001)) == nil)
    try holder.hold(Epoch(1), in: "/cg/web/web.0")
    var tidings = holder.newHolds.makeAsyncIterator()
    #expect(await tidings.next() != nil)
    #expect(holder.end == MonotonicTime(nanoseconds: 6_000_000_000))
  }
}
