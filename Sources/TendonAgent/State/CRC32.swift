// SPDX-License-Identifier: Apache-2.0

/// The CRC of Ethernet and zlib (polynomial 0xEDB88320, reflected): tells a damaged line from a whole one.
enum CRC32 {
  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in
      value & 1 == 0 ? value >> 1 : (value >> 1) ^ 0xEDB8_8320
    }
  }

  static func of(_ bytes: some Sequence<UInt8>) -> UInt32 {
    let table = table
    var crc: UInt32 = .max
    for byte in bytes { crc = table[Int((crc ^ UInt32(byte)) & 0xFF)] ^ (crc >> 8) }
    return ~crc
  }
}
