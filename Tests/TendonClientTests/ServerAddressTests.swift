// SPDX-License-Identifier: Apache-2.0
import NIOHTTP1
import Testing

@testable import TendonClient

@Suite("Addresses and routes")
struct ServerAddressTests {
  @Test(
    "An address is read in all its forms.",
    arguments: [
      ("http://10.0.0.1:7480", "http://10.0.0.1:7480"), ("10.0.0.1", "http://10.0.0.1:7480"),
      ("https://c.example:443/", "https://c.example:443"), ("HTTP://a_b:1", "http://a_b:1"),
      ("[::1]:80", "http://[::1]:80"), ("http://[fe80::1]", "http://[fe80::1]:7480"),
    ])
  func reads(_ text: String, _ expected: String) throws {
    #expect(try ServerAddress(text).description == expected)
  }

  @Test(
    "What is not an address is refused.",
    arguments: [
      "", "http://", "ftp://a", "http://a:0", "http://a:65536", "http://a:x", "http://a/v1",
      "http://user@a", "http://a b", "[::1", "[::1]x", "[g::]", "::1", "http://a:", "http://数",
    ])
  func refuses(_ text: String) {
    #expect(throws: ServerAddressError.self) { try ServerAddress(text) }
  }

  @Test("A route's parts and query are encoded, and absent parameters left out.")
  func routes() {
    #expect(Route(.GET, "services").target == "/v1/services")
    #expect(Route(.GET, "why", "a/b ?数").target == "/v1/why/a%2Fb%20%3F%E6%95%B0")
    let query: [(String, String?)] = [("a", "1&2"), ("b", nil), ("c", "web.0")]
    #expect(Route(.GET, "x", query: query).target == "/v1/x?a=1%262&c=web.0")
  }
}
