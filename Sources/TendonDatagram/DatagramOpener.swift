// SPDX-License-Identifier: Apache-2.0
import Crypto

#if canImport(FoundationEssentials)
  import FoundationEssentials
#endif

/// Opens the datagrams of one direction of one session, each at most once.
package struct DatagramOpener: Sendable {
  private let key: SymmetricKey
  private let session: UInt32
  private var window = ReplayWindow()

  package init(keys: DatagramKeys, direction: DatagramDirection) {
    key = keys.key(for: direction)
    session = keys.session
  }

  /// Checks a datagram, cheapest first, and puts its body into `body`, whose storage is reused.
  /// - Parameter header: the datagram's own, read by `DatagramHeader(of:)`.
  /// - Throws: `unknownSession`, `replayed`, `forged`; the replay window has not moved then.
  package mutating func open(
    _ datagram: UnsafeRawBufferPointer, header: DatagramHeader, into body: inout [UInt8]
  ) throws(DatagramError) {
    guard header.session == session else { throw .unknownSession }
    guard window.admits(header.counter) else { throw .replayed }
    let opened: Data
    do {
      let box = try ChaChaPoly.SealedBox(
        combined: UnsafeRawBufferPointer(rebasing: datagram[DatagramHeader.nonceOffset...]))
      opened = try ChaChaPoly.open(
        box, using: key,
        authenticating: UnsafeRawBufferPointer(rebasing: datagram[..<DatagramHeader.length]))
    } catch {
      // The length was checked, so the only thing left to fail is the tag.
      throw .forged
    }
    window.record(header.counter)
    body.removeAll(keepingCapacity: true)
    body.append(bytesOf: opened)
  }
}
