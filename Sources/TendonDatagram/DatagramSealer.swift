// SPDX-License-Identifier: Apache-2.0
import Crypto
import TendonModel

#if canImport(FoundationEssentials)
  import FoundationEssentials
#endif

/// Why a body was not sealed.
package enum SealError: Error, Hashable, Sendable {
  /// The session has sent all the datagrams one key may seal; a new session is needed.
  case exhausted
  /// The body is longer than `WireLimits.maximumBody`.
  case tooLong(count: Int)
  /// The cipher itself failed.
  case cipher
}

/// Seals the datagrams of one direction of one session with ChaCha20-Poly1305 (RFC 8439).
package struct DatagramSealer: Sendable {
  /// How many datagrams one key may seal: at a million a second nine years' worth, and far below where the
  /// counter would wrap.
  package static let limit: UInt64 = 1 << 48

  private let key: SymmetricKey
  private let session: UInt32
  private var header = [UInt8](repeating: 0, count: DatagramHeader.length)
  /// The counter of the last datagram; the first has 1.
  package private(set) var counter: UInt64

  /// - Parameter counter: where to begin, for tests; never twice the same with one key.
  package init(
    keys: DatagramKeys, direction: DatagramDirection, startingAfter counter: UInt64 = 0
  ) {
    key = keys.key(for: direction)
    session = keys.session
    self.counter = counter
  }

  /// Appends the sealed datagram to `output`.
  /// - Throws: `SealError`; nothing was appended then.
  package mutating func seal(
    _ body: [UInt8], as kind: DatagramKind, appendingTo output: inout [UInt8]
  ) throws(SealError) {
    guard counter < Self.limit else { throw .exhausted }
    guard body.count <= WireLimits.maximumBody else { throw .tooLong(count: body.count) }
    counter += 1
    DatagramHeader(kind: kind, session: session, counter: counter).write(to: &header)
    do {
      // Views of raw memory are the cheapest that the cipher takes.
      let box = try header.withUnsafeBytes { header in
        try body.withUnsafeBytes { body in
          try ChaChaPoly.seal(
            body, using: key,
            nonce: ChaChaPoly.Nonce(
              data: UnsafeRawBufferPointer(rebasing: header[DatagramHeader.nonceOffset...])),
            authenticating: header)
        }
      }
      for index in 0..<DatagramHeader.nonceOffset { output.append(header[index]) }
      output.append(bytesOf: box.combined)
    } catch {
      throw .cipher
    }
  }
}
