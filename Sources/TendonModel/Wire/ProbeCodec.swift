// SPDX-License-Identifier: Apache-2.0

/// The bodies of the datagrams that look for a silent host, before they are sealed.
///
/// The coordinator seals a ping for the suspect and sends it, and has others send it: each gets another ping, sealed for
/// the suspect, inside a request sealed for itself. The suspect answers a ping to where it came from; a peer sends
/// that answer on, inside a report. Only the suspect can open a ping, and only the coordinator its answer.
///
/// All begin with a version; integers are in network byte order:
///
///     ping, pong     u8 version, 1; u64 token
///     probe request  u8 version, 1; u64 token; u8 flags (1: ask its kernel too)
///                    u8 length of the address, 4 or 16; the address; u16 port
///                    u16 length of the ping; the ping, sealed
///     probe report   u8 version, 1; u64 token; u8 result (1 asked, 2 agent, 3 kernel)
///                    u16 length of the answer; the answer, sealed: only with 2
///     goodbye        u8 version, 1; u64 0
package enum ProbeCodec {
  package static let version: UInt8 = 1
  /// What a request adds to the ping it carries, with an IPv6 address.
  static let requestOverhead = 31
  static let reportOverhead = 12
  /// The longest sealed ping or answer that is sent on.
  package static let maximumInner = WireLimits.maximumBody - requestOverhead

  // MARK: Ping, pong, goodbye

  package static func encode(token: UInt64, into buffer: inout [UInt8]) {
    var writer = WireWriter(taking: &buffer)
    writer.write(version)
    writer.write(token)
    buffer = writer.bytes
  }

  /// The token of a ping, a pong or a goodbye.
  /// - Throws: `WireError` for anything but one whole message of this version.
  package static func decodeToken(_ bytes: [UInt8]) throws(WireError) -> UInt64 {
    var reader = try reader(bytes)
    let token: UInt64 = try reader.read()
    try reader.finish()
    return token
  }

  // MARK: Requests

  /// - Precondition: the address has 4 or 16 bytes, the ping at most `maximumInner`.
  package static func encode(_ request: ProbeRequest, into buffer: inout [UInt8]) {
    precondition([4, 16].contains(request.address.count) && request.ping.count <= maximumInner)
    var writer = WireWriter(taking: &buffer)
    writer.write(version)
    writer.write(request.token)
    writer.write(UInt8(request.asksKernel ? 1 : 0))
    writer.write(UInt8(request.address.count))
    for byte in request.address { writer.write(byte) }
    writer.write(request.port)
    write(request.ping, to: &writer)
    buffer = writer.bytes
  }

  /// - Throws: `WireError` for anything but one whole request of this version.
  package static func decodeRequest(_ bytes: [UInt8]) throws(WireError) -> ProbeRequest {
    var reader = try reader(bytes)
    let token: UInt64 = try reader.read()
    let flags: UInt8 = try reader.read()
    guard flags & ~1 == 0 else { throw .unknownFlags(flags) }
    let length: UInt8 = try reader.read()
    guard length == 4 || length == 16 else { throw .badLength(Int(length)) }
    let address = try read(Int(length), from: &reader)
    let request = ProbeRequest(
      token: token, asksKernel: flags & 1 != 0, address: address, port: try reader.read(),
      ping: try readInner(from: &reader))
    try reader.finish()
    return request
  }

  // MARK: Reports

  /// - Precondition: an answer has at most `maximumInner` bytes.
  package static func encode(_ report: ProbeReport, into buffer: inout [UInt8]) {
    var writer = WireWriter(taking: &buffer)
    writer.write(version)
    writer.write(report.token)
    switch report.result {
    case .asked: writer.write(UInt8(1))
    case .agent(let answer):
      precondition(answer.count <= maximumInner)
      writer.write(UInt8(2))
      write(answer, to: &writer)
    case .kernel: writer.write(UInt8(3))
    }
    buffer = writer.bytes
  }

  /// - Throws: `WireError` for anything but one whole report of this version.
  package static func decodeReport(_ bytes: [UInt8]) throws(WireError) -> ProbeReport {
    var reader = try reader(bytes)
    let token: UInt64 = try reader.read()
    let code: UInt8 = try reader.read()
    let result: ProbeReport.Result
    switch code {
    case 1: result = .asked
    case 2: result = .agent(answer: try readInner(from: &reader))
    case 3: result = .kernel
    default: throw .unknownResult(code)
    }
    try reader.finish()
    return ProbeReport(token: token, result: result)
  }

  // MARK: Parts

  private static func reader(_ bytes: [UInt8]) throws(WireError) -> WireReader {
    guard bytes.count <= WireLimits.maximumBody else { throw .tooLong(count: bytes.count) }
    var reader = WireReader(bytes)
    let found: UInt8 = try reader.read()
    guard found == version else { throw .unknownVersion(found) }
    return reader
  }

  private static func write(_ inner: [UInt8], to writer: inout WireWriter) {
    writer.write(UInt16(inner.count))
    for byte in inner { writer.write(byte) }
  }

  private static func readInner(from reader: inout WireReader) throws(WireError) -> [UInt8] {
    let count = Int(try reader.read(UInt16.self))
    guard count <= maximumInner else { throw .badLength(count) }
    return try read(count, from: &reader)
  }

  private static func read(
    _ count: Int, from reader: inout WireReader
  ) throws(WireError) -> [UInt8] {
    guard reader.remaining >= count else { throw .truncated }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    for _ in 0..<count { bytes.append(try reader.read()) }
    return bytes
  }
}

/// The coordinator asks a host to try to reach another.
package struct ProbeRequest: Hashable, Sendable {
  package var token: UInt64
  /// Whether to open a TCP connection to the address too: any answer to that is the kernel's.
  package var asksKernel: Bool
  /// An IPv4 or IPv6 address in network order.
  package var address: [UInt8]
  /// Of its agent's UDP socket.
  package var port: UInt16
  /// Sealed for the suspect, to be sent on as it is.
  package var ping: [UInt8]

  package init(token: UInt64, asksKernel: Bool, address: [UInt8], port: UInt16, ping: [UInt8]) {
    self.token = token
    self.asksKernel = asksKernel
    self.address = address
    self.port = port
    self.ping = ping
  }
}

/// What a host says of a `ProbeRequest`.
package struct ProbeReport: Hashable, Sendable {
  package enum Result: Hashable, Sendable {
    /// The ping was sent.
    case asked
    /// This came back, sealed for the coordinator.
    case agent(answer: [UInt8])
    /// The suspect's kernel accepted or refused a TCP connection.
    case kernel
  }

  package var token: UInt64
  package var result: Result

  package init(token: UInt64, result: Result) {
    self.token = token
    self.result = result
  }
}
