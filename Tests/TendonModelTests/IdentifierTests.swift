// SPDX-License-Identifier: Apache-2.0

import TendonModel
import Testing

struct IdentifierTests {
  @Test(
    "Names are DNS labels.",
    arguments: ["a", "web", "web-1", "1", String(repeating: "a", count: 63)])
  func names(text: String) throws {
    #expect(try ServiceName(text).rawValue == text)
    #expect(try HostID(text).rawValue == text)
  }

  @Test(
    "What is no DNS label is refused, and it is said why.",
    arguments: [
      ("", "must not be empty"), ("Web", "lower-case"), ("a_b", "lower-case"),
      ("a.b", "lower-case"),
      ("-a", "begin or end"), ("a-", "begin or end"), ("é", "lower-case"), ("a/b", "lower-case"),
      (String(repeating: "a", count: 64), "at most 63"),
    ])
  func noNames(text: String, reason: String) throws {
    let error = #expect(throws: IdentifierError.self) { try ServiceName(text) }
    #expect(error?.description.contains(reason) == true)
  }

  @Test("An instance is written as service and slot.")
  func instances() throws {
    let instance = try InstanceID("web.12")
    #expect(instance == InstanceID(service: try ServiceName("web"), slot: 12))
    #expect(instance.description == "web.12")
    #expect(try InstanceID("web.2") < instance)
    #expect(try InstanceID("a.99") < instance)
  }

  @Test(
    "What is no instance is refused.",
    arguments: [
      "web", "web.", ".1", "web.01", "web.-1", "web.+1", "web.1a", "Web.1", "a.b.1", "web.١",
    ])
  func noInstances(text: String) {
    #expect(throws: IdentifierError.self) { try InstanceID(text) }
  }
}
