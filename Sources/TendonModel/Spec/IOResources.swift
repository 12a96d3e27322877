// SPDX-License-Identifier: Apache-2.0

/// The most that is transferred to and from one block device per second (one line of `io.max`).
package struct IORates: Hashable, Sendable {
  package var read: Limit<ByteRate>
  package var write: Limit<ByteRate>
  /// Operations per second.
  package var readOps: Limit<Int>
  package var writeOps: Limit<Int>

  package init(
    read: Limit<ByteRate> = .max, write: Limit<ByteRate> = .max, readOps: Limit<Int> = .max,
    writeOps: Limit<Int> = .max
  ) {
    self.read = read
    self.write = write
    self.readOps = readOps
    self.writeOps = writeOps
  }

  package var isUnlimited: Bool { self == IORates() }

  /// The lower of each: two entries that turn out to be one device.
  package func lowered(by other: IORates) -> IORates {
    IORates(
      read: min(read, other.read), write: min(write, other.write),
      readOps: min(readOps, other.readOps), writeOps: min(writeOps, other.writeOps))
  }
}

extension IORates: CustomStringConvertible {
  /// `read 5MB/s, write max`; operations only where they are limited.
  package var description: String {
    "read \(read), write \(write)" + (readOps == .max ? "" : ", read_iops \(readOps)")
      + (writeOps == .max ? "" : ", write_iops \(writeOps)")
  }
}

/// Block IO: rates for the device behind the host's instance storage, rates for other devices, and a relative
/// weight where the kernel can honour one (`io.weight`).
package struct IOResources: Hashable, Sendable {
  package var read: Limit<ByteRate>
  package var write: Limit<ByteRate>
  package var readOps: Limit<Int>
  package var writeOps: Limit<Int>
  /// By a device's name (`sdb`, `/dev/sdb`, `8:16`) or a path on it (`/var/lib/x`), as the host knows it.
  package var devices: [String: IORates]
  /// 1 to 10,000; nil leaves the kernel's default of 100.
  package var weight: Int?

  package init(
    read: Limit<ByteRate> = .max, write: Limit<ByteRate> = .max, readOps: Limit<Int> = .max,
    writeOps: Limit<Int> = .max, devices: [String: IORates] = [:], weight: Int? = nil
  ) {
    self.read = read
    self.write = write
    self.readOps = readOps
    self.writeOps = writeOps
    self.devices = devices
    self.weight = weight
  }

  /// Those of the device behind the host's instance storage.
  package var rates: IORates {
    IORates(read: read, write: write, readOps: readOps, writeOps: writeOps)
  }
}

private enum IOKeys: String, CodingKey {
  case read, write, devices, weight
  case readOps = "read_iops"
  case writeOps = "write_iops"
}

extension IORates: Codable {
  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: IOKeys.self)
    read = try values.decodeIfPresent(Limit<ByteRate>.self, forKey: .read) ?? .max
    write = try values.decodeIfPresent(Limit<ByteRate>.self, forKey: .write) ?? .max
    readOps = try values.decodeIfPresent(Limit<Int>.self, forKey: .readOps) ?? .max
    writeOps = try values.decodeIfPresent(Limit<Int>.self, forKey: .writeOps) ?? .max
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: IOKeys.self)
    try values.encode(read, forKey: .read)
    try values.encode(write, forKey: .write)
    if readOps != .max { try values.encode(readOps, forKey: .readOps) }
    if writeOps != .max { try values.encode(writeOps, forKey: .writeOps) }
  }
}

extension IOResources: Codable {
  package init(from decoder: any Decoder) throws {
    let rates = try IORates(from: decoder)
    let values = try decoder.container(keyedBy: IOKeys.self)
    self.init(
      read: rates.read, write: rates.write, readOps: rates.readOps, writeOps: rates.writeOps,
      devices: try values.decodeIfPresent([String: IORates].self, forKey: .devices) ?? [:],
      weight: try values.decodeIfPresent(Int.self, forKey: .weight))
  }

  package func encode(to encoder: any Encoder) throws {
    try rates.encode(to: encoder)
    var values = encoder.container(keyedBy: IOKeys.self)
    if !devices.isEmpty { try values.encode(devices, forKey: .devices) }
    try values.encodeIfPresent(weight, forKey: .weight)
  }
}
