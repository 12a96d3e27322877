// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TendonModel

@Suite("The heartbeat's body")
struct HeartbeatCodecTests {
  @Test("Every heartbeat reads back as it was written.", arguments: [1, 2, 3] as [UInt64])
  func roundTrip(seed: UInt64) throws {
    var random = Seeded(seed: seed)
    for _ in 0..<500 {
      let heartbeat = random.heartbeat()
      #expect(try HeartbeatCodec.decode(HeartbeatCodec.encode(heartbeat)) == heartbeat)
    }
  }

  @Test("The fullest heartbeat fits a datagram, and one instance more would not.")
  func fits() {
    var random = Seeded(seed: 4)
    var heartbeat = random.heartbeat(instances: HeartbeatCodec.maximumInstances)
    heartbeat.usage = HostUsage(
      cpuMilli: 1, memoryUsedBytes: 2, cpuPressure: 3, memoryPressure: 4, ioPressure: 5)
    let length = HeartbeatCodec.encode(heartbeat).count
    #expect(length <= WireLimits.maximumBody)
    #expect(length + HeartbeatCodec.instanceLength > WireLimits.maximumBody)
    #expect(
      length == HeartbeatCodec.fixedLength
        + HeartbeatCodec.maximumInstances * HeartbeatCodec.instanceLength)
  }

  @Test("Pressure that the kernel has not stays absent, and zero stays zero.")
  func absentIsNotZero() throws {
    var random = Seeded(seed: 5)
    var heartbeat = random.heartbeat(instances: 0)
    heartbeat.usage = HostUsage(cpuMilli: 0, memoryUsedBytes: 0, memoryPressure: 0)
    let read = try HeartbeatCodec.decode(HeartbeatCodec.encode(heartbeat)).usage
    #expect(read.cpuPressure == nil)
    #expect(read.memoryPressure == 0)
    #expect(read.ioPressure == nil)
  }

  @Test("Every prefix of a heartbeat is refused as truncated.")
  func prefixes() {
    var random = Seeded(seed: 6)
    for instances in [0, 1, HeartbeatCodec.maximumInstances] {
      let bytes = HeartbeatCodec.encode(random.heartbeat(instances: instances))
      for length in 0..<bytes.count {
        #expect(throws: WireError.truncated) {
          try HeartbeatCodec.decode(Array(bytes.prefix(length)))
        }
      }
    }
  }

  @Test("Bytes after the end, a strange version, flag, phase or count are refused, each by name.")
  func refusals() {
    var random = Seeded(seed: 7)
    var heartbeat = random.heartbeat(instances: 1)
    heartbeat.usage = HostUsage(cpuMilli: 1, memoryUsedBytes: 2)
    let good = HeartbeatCodec.encode(heartbeat)
    func altered(_ index: Int, _ value: UInt8) -> [UInt8] {
      var bytes = good
      bytes[index] = value
      return bytes
    }
    let (flags, count, phase) = (65, 66, 75)
    let table: [(bytes: [UInt8], error: WireError)] = [
      (good + [0], .trailing(count: 1)),
      (altered(0, 0), .unknownVersion(0)),
      (altered(0, 3), .unknownVersion(3)),
      (altered(flags, 8), .unknownFlags(8)),
      (altered(phase, 0), .unknownPhase(0)),
      (altered(phase, 7), .unknownPhase(7)),
      (altered(count, 255), .tooManyInstances(255)),
      (altered(count, 2), .truncated),
      (altered(count, 0), .trailing(count: HeartbeatCodec.instanceLength)),
      (good + [UInt8](repeating: 0, count: 1200), .tooLong(count: good.count + 1200)),
    ]
    for (bytes, error) in table {
      #expect(throws: error) { try HeartbeatCodec.decode(bytes) }
    }
  }

  @Test("The wire format does not change by accident.")
  func stable() {
    let heartbeat = Heartbeat(
      sequence: 1, incarnation: Incarnation(bootHigh: 2, bootLow: 3, agentStartedAt: 4),
      sentAt: MonotonicTime(nanoseconds: -1), appliedRevision: Revision(6),
      roundTripMicroseconds: 7,
      usage: HostUsage(cpuMilli: 8, memoryUsedBytes: 9, ioPressure: 10),
      instances: [
        InstanceHealth(
          epoch: Epoch(11), phase: .running, restarts: 12, cpuMilli: 13, memoryBytes: 14)
      ])
    let zeros = [UInt8](repeating: 0, count: 7)
    let expected: [UInt8] =
      [2] + zeros + [1] + zeros + [2] + zeros + [3] + zeros + [4]
      + [UInt8](repeating: 255, count: 8) + zeros + [6] + [0, 0, 0, 7, 0, 0, 0, 8] + zeros + [9]
      + [4, 0, 10, 1] + zeros + [11, 0x82, 0, 12, 0, 0, 0, 13] + zeros + [14]
    #expect(HeartbeatCodec.encode(heartbeat) == expected)
  }

  @Test(
    "Ready travels in the phase's byte; a beat of the version before says that what runs is ready.")
  func ready() throws {
    var random = Seeded(seed: 9)
    var heartbeat = random.heartbeat(instances: 1)
    heartbeat.usage = HostUsage(cpuMilli: 1, memoryUsedBytes: 2)
    heartbeat.instances[0].phase = .running
    for isReady in [true, false] {
      heartbeat.instances[0].isReady = isReady
      #expect(try HeartbeatCodec.decode(HeartbeatCodec.encode(heartbeat)) == heartbeat)
    }
    var old = HeartbeatCodec.encode(heartbeat)
    old[0] = 1
    #expect(try HeartbeatCodec.decode(old).instances[0].isReady)
    old[75] = PlacementPhase.waiting.wireCode
    #expect(try HeartbeatCodec.decode(old).instances[0].isReady == false)
    old[75] = PlacementPhase.running.wireCode | 0x80
    #expect(throws: WireError.unknownPhase(0x82)) { try HeartbeatCodec.decode(old) }
  }

  @Test("Every acknowledgement reads back as it was written; a prefix or a longer one is refused.")
  func acknowledgements() throws {
    var random = Seeded(seed: 8)
    for _ in 0..<200 {
      let ack = HeartbeatAck(
        sequence: random.value(),
        echoedSentAt: MonotonicTime(nanoseconds: Int64(bitPattern: random.value())),
        coordinatorEpoch: random.value(), newestRevision: Revision(random.value()),
        lease: Span(milliseconds: Int64(random.value(UInt32.self))))
      let bytes = HeartbeatAckCodec.encode(ack)
      #expect(bytes.count == HeartbeatAckCodec.length)
      #expect(try HeartbeatAckCodec.decode(bytes) == ack)
      for length in 0..<bytes.count {
        #expect(throws: WireError.truncated) {
          try HeartbeatAckCodec.decode(Array(bytes.prefix(length)))
        }
      }
      #expect(throws: WireError.trailing(count: 1)) { try HeartbeatAckCodec.decode(bytes + [0]) }
      #expect(throws: WireError.unknownVersion(9)) {
        try HeartbeatAckCodec.decode([9] + bytes.dropFirst())
      }
    }
  }
}
