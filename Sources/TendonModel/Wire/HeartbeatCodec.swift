// SPDX-License-Identifier: Apache-2.0

/// The binary form of a heartbeat's body, before it is sealed.
///
/// Integers are in network byte order:
///
///     u8   version, 2
///     u64  sequence
///     u64  boot id, upper half      u64  boot id, lower half
///     u64  agent started at, ns of the boot-time clock
///     i64  sent at, ns of the boot-time clock
///     u64  applied revision
///     u32  round trip, us
///     u32  CPU in use, thousandths  u64  memory in use, bytes
///     u8   which pressures follow: 1 cpu, 2 memory, 4 io
///     u16  each pressure that is there, hundredths of a percent
///     u8   number of instances, then each:
///          u64 epoch, u8 phase (with 0x80 when it is ready), u16 restarts, u32 CPU, u64 memory
///
/// In version 1 there is no ready flag: what runs is ready. It is read, so that agents may be older than their
/// coordinator, and not written any more.
package enum HeartbeatCodec {
  package static let version: UInt8 = 2
  static let oldestVersion: UInt8 = 1
  private static let readyFlag: UInt8 = 0x80
  /// The length without instances, with all three pressures.
  static let fixedLength = 73
  static let instanceLength = 23

  /// How many instances one heartbeat can carry within `WireLimits.maximumDatagram`, sealed.
  package static let maximumInstances = (WireLimits.maximumBody - fixedLength) / instanceLength

  /// The body's bytes.
  /// - Precondition: at most `maximumInstances` instances.
  package static func encode(_ heartbeat: Heartbeat) -> [UInt8] {
    var bytes: [UInt8] = []
    encode(heartbeat, into: &bytes)
    return bytes
  }

  /// Replaces what is in `buffer` by the body's bytes, in its storage.
  /// - Precondition: at most `maximumInstances` instances.
  package static func encode(_ heartbeat: Heartbeat, into buffer: inout [UInt8]) {
    precondition(heartbeat.instances.count <= maximumInstances, "too many instances for one beat")
    var writer = WireWriter(taking: &buffer)
    writer.write(version)
    writer.write(heartbeat.sequence)
    writer.write(heartbeat.incarnation.bootHigh)
    writer.write(heartbeat.incarnation.bootLow)
    writer.write(heartbeat.incarnation.agentStartedAt)
    writer.write(heartbeat.sentAt.nanoseconds)
    writer.write(heartbeat.appliedRevision.rawValue)
    writer.write(heartbeat.roundTripMicroseconds)
    write(heartbeat.usage, to: &writer)
    writer.write(UInt8(heartbeat.instances.count))
    for instance in heartbeat.instances { write(instance, to: &writer) }
    buffer = writer.bytes
  }

  /// - Throws: `WireError` for anything but one whole heartbeat of this version.
  package static func decode(_ bytes: [UInt8]) throws(WireError) -> Heartbeat {
    guard bytes.count <= WireLimits.maximumBody else { throw .tooLong(count: bytes.count) }
    var reader = WireReader(bytes)
    let foundVersion: UInt8 = try reader.read()
    guard (oldestVersion...version).contains(foundVersion) else {
      throw .unknownVersion(foundVersion)
    }
    let heartbeat = Heartbeat(
      sequence: try reader.read(),
      incarnation: Incarnation(
        bootHigh: try reader.read(), bootLow: try reader.read(), agentStartedAt: try reader.read()),
      sentAt: MonotonicTime(nanoseconds: try reader.read()),
      appliedRevision: Revision(try reader.read()),
      roundTripMicroseconds: try reader.read(),
      usage: try readUsage(from: &reader),
      instances: try readInstances(from: &reader, version: foundVersion))
    try reader.finish()
    return heartbeat
  }

  private static func write(_ usage: HostUsage, to writer: inout WireWriter) {
    writer.write(usage.cpuMilli)
    writer.write(usage.memoryUsedBytes)
    var flags: UInt8 = 0
    if usage.cpuPressure != nil { flags |= 1 }
    if usage.memoryPressure != nil { flags |= 2 }
    if usage.ioPressure != nil { flags |= 4 }
    writer.write(flags)
    if let pressure = usage.cpuPressure { writer.write(pressure) }
    if let pressure = usage.memoryPressure { writer.write(pressure) }
    if let pressure = usage.ioPressure { writer.write(pressure) }
  }

  private static func readUsage(from reader: inout WireReader) throws(WireError) -> HostUsage {
    var usage = HostUsage(cpuMilli: try reader.read(), memoryUsedBytes: try reader.read())
    let flags: UInt8 = try reader.read()
    guard flags & ~7 == 0 else { throw .unknownFlags(flags) }
    if flags & 1 != 0 { usage.cpuPressure = try reader.read(UInt16.self) }
    if flags & 2 != 0 { usage.memoryPressure = try reader.read(UInt16.self) }
    if flags & 4 != 0 { usage.ioPressure = try reader.read(UInt16.self) }
    return usage
  }

  private static func write(_ instance: InstanceHealth, to writer: inout WireWriter) {
    writer.write(instance.epoch.rawValue)
    writer.write(instance.phase.wireCode | (instance.isReady ? readyFlag : 0))
    writer.write(instance.restarts)
    writer.write(instance.cpuMilli)
    writer.write(instance.memoryBytes)
  }

  private static func readInstances(
    from reader: inout WireReader, version: UInt8
  ) throws(WireError) -> [InstanceHealth] {
    let count = Int(try reader.read(UInt8.self))
    guard count <= maximumInstances else { throw .tooManyInstances(count) }
    guard reader.remaining >= count * instanceLength else { throw .truncated }
    var instances: [InstanceHealth] = []
    instances.reserveCapacity(count)
    for _ in 0..<count {
      let epoch = Epoch(try reader.read())
      let code: UInt8 = try reader.read()
      let flags = version == 1 ? 0 : readyFlag
      let phase = try PlacementPhase(wireCode: code & ~flags)
      instances.append(
        InstanceHealth(
          epoch: epoch, phase: phase, isReady: version == 1 ? nil : code & readyFlag != 0,
          restarts: try reader.read(), cpuMilli: try reader.read(),
          memoryBytes: try reader.read()))
    }
    return instances
  }
}
