// SPDX-License-Identifier: Apache-2.0

/// Why bytes are not the rules of a time zone.
package enum TZifError: Error, Hashable, Sendable, CustomStringConvertible {
  case notTZif
  case tooShort
  /// Something points outside the file, or is not in order.
  case malformed(String)

  package var description: String {
    switch self {
    case .notTZif: "it does not begin with TZif"
    case .tooShort: "it is cut short"
    case .malformed(let what): what
    }
  }
}

extension TimeZoneRules {
  /// Reads a TZif file of any version (RFC 8536, 3). Of versions 2 and later the 64-bit data and the footer
  /// count; leap seconds and the names of the offsets are left out.
  package init(tzif bytes: [UInt8]) throws(TZifError) {
    var reader = TZifReader(bytes: bytes)
    let first = try reader.header()
    if first.version == 0 {
      self = try reader.rules(first, wordBytes: 4)
      return
    }
    try reader.skip(first.bodyBytes(wordBytes: 4))
    let second = try reader.header()
    self = try reader.rules(second, wordBytes: 8)
    footer = try reader.footer()
  }
}

private struct TZifHeader {
  var version: UInt8
  var isUTCCount = 0
  var isStandardCount = 0
  var leapCount = 0
  var transitionCount = 0
  var typeCount = 0
  var nameBytes = 0

  func bodyBytes(wordBytes: Int) -> Int {
    transitionCount * (wordBytes + 1) + typeCount * 6 + nameBytes + leapCount * (wordBytes + 4)
      + isStandardCount + isUTCCount
  }
}

private struct TZifReader {
  let bytes: [UInt8]
  var position = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func skip(_ count: Int) throws(TZifError) {
    guard count <= bytes.count - position else { throw .tooShort }
    position += count
  }

  /// A big-endian number of `count` bytes, in two's complement.
  mutating func number(_ count: Int) throws(TZifError) -> Int64 {
    guard count <= bytes.count - position else { throw .tooShort }
    var value: Int64 = bytes[position] & 0x80 == 0 ? 0 : -1
    for byte in bytes[position..<position + count] { value = value << 8 | Int64(byte) }
    position += count
    return value
  }

  mutating func header() throws(TZifError) -> TZifHeader {
    guard bytes.count - position >= 44 else {
      throw bytes.starts(with: "TZif".utf8) ? .tooShort : .notTZif
    }
    guard bytes[position...].starts(with: "TZif".utf8) else { throw .notTZif }
    var header = TZifHeader(version: bytes[position + 4])
    position += 20
    header.isUTCCount = try count()
    header.isStandardCount = try count()
    header.leapCount = try count()
    header.transitionCount = try count()
    header.typeCount = try count()
    header.nameBytes = try count()
    return header
  }

  private mutating func count() throws(TZifError) -> Int {
    let value = try number(4)
    // Nothing in a real file comes near; a larger one only makes the sums overflow.
    guard (0...1_000_000).contains(value) else { throw .malformed("a count is \(value)") }
    return Int(value)
  }

  mutating func rules(_ header: TZifHeader, wordBytes: Int) throws(TZifError) -> TimeZoneRules {
    guard header.typeCount > 0 else { throw .malformed("it has no offset at all") }
    guard header.bodyBytes(wordBytes: wordBytes) <= bytes.count - position else { throw .tooShort }
    var transitions: [Int64] = []
    for _ in 0..<header.transitionCount {
      let time = try number(wordBytes)
      if let last = transitions.last, last >= time {
        throw .malformed("its transitions are not in ascending order")
      }
      transitions.append(time)
    }
    var types: [Int] = []
    for _ in 0..<header.transitionCount { types.append(Int(try number(1) & 0xFF)) }
    var offsets: [Int64] = []
    for _ in 0..<header.typeCount {
      let offset = try number(4)
      guard abs(offset) < 26 * 3600 else { throw .malformed("an offset is \(offset) s") }
      offsets.append(offset)
      try skip(2)
    }
    if let wrong = types.first(where: { $0 >= offsets.count }) {
      throw .malformed("a transition is to offset \(wrong) of \(offsets.count)")
    }
    let rest = header.nameBytes + header.leapCount * (wordBytes + 4)
    try skip(rest + header.isStandardCount + header.isUTCCount)
    return TimeZoneRules(
      initialOffset: offsets[0], transitions: transitions, offsets: types.map { offsets[$0] },
      footer: nil)
  }

  /// The text between two line feeds; empty when nothing is known of the future.
  mutating func footer() throws(TZifError) -> PosixTimeZone? {
    guard position < bytes.count else { return nil }
    guard bytes[position] == 10, let end = bytes[(position + 1)...].firstIndex(of: 10) else {
      throw .malformed("its footer is not between two line feeds")
    }
    let text = String(decoding: bytes[position + 1..<end], as: UTF8.self)
    if text.isEmpty { return nil }
    guard let zone = PosixTimeZone(text) else {
      throw .malformed("its footer \"\(text)\" is no rule of POSIX")
    }
    return zone
  }
}
