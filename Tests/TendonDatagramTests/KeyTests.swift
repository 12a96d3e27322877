// SPDX-License-Identifier: Apache-2.0
import TendonModel
import Testing

@testable import TendonDatagram

@Suite("Keys of a session")
struct KeyTests {
  /// Computed apart from this code, with HMAC-SHA256 of another library, by RFC 5869.
  @Test("Keys are those of the documented derivation.")
  func knownAnswer() throws {
    let keys = try Fixture.keys()
    #expect(
      hex(keys.bytes(for: .agentToCoordinator))
        == "328830b501809d811fb1be5bed21bd5a4bd14e3505e2123eca9f6707b7940232")
    #expect(
      hex(keys.bytes(for: .coordinatorToAgent))
        == "81bdc81c15833a5f539a5bb0301836cd3d1e29243f577f765c2855e3384dddaa")
  }

  @Test("A nonce that is not 32 lower-case hexadecimal digits is refused, as is an empty token.")
  func refusals() {
    let short = String(Fixture.agentNonce.dropLast())
    for bad in ["", short, short + "g", short + "F", Fixture.agentNonce + "0"] {
      #expect(throws: KeyError.malformedNonce(bad)) { try Fixture.keys(agentNonce: bad) }
      #expect(throws: KeyError.malformedNonce(bad)) { try Fixture.keys(coordinatorNonce: bad) }
    }
    #expect(throws: KeyError.emptyToken) { try Fixture.keys(token: []) }
  }

  @Test("Random nonces are well formed and differ.")
  func nonces() throws {
    let nonces = (0..<100).map { _ in SessionNonce.random() }
    #expect(Set(nonces).count == 100)
    for nonce in nonces { #expect(try SessionNonce.bytes(of: nonce).count == 16) }
  }

  private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
  }
}
