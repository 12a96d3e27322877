// SPDX-License-Identifier: Apache-2.0

import Foundation
import TendonModel
import TendonSpec
import Testing

struct SpecSchemaTests {
  private static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private func schema() throws -> [String: Any] {
    let object = try JSONSerialization.jsonObject(with: Data(SpecSchema.json().utf8))
    return try #require(object as? [String: Any])
  }

  @Test("The schema is JSON, the same each time, and names its draft.")
  func isJSON() throws {
    #expect(SpecSchema.json() == SpecSchema.json())
    let schema = try schema()
    #expect(schema["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
    #expect(schema["additionalProperties"] as? Bool == false)
    #expect(schema["required"] as? [String] == ["name", "command"])
  }

  @Test("The schema has the model's keys, and a description for each.")
  func keys() throws {
    let properties = try #require(try schema()["properties"] as? [String: [String: Any]])
    #expect(
      properties.keys.sorted() == [
        "after_stop", "backoff", "before_start", "before_stop", "command", "cron", "disruption",
        "env", "env_files", "fence", "groups", "hook_timeout", "hosts", "isolation", "job", "kind",
        "labels", "logs", "name", "notify", "placement", "ports", "priority", "probes", "replicas",
        "resources", "restart", "root",
        "sandbox", "secrets", "stop_grace", "stop_signal", "user", "workdir",
      ])
    for (key, property) in properties {
      #expect((property["description"] as? String)?.hasSuffix(".") == true, "\(key)")
    }
  }

  @Test("Every pattern is a regular expression, and takes what the parser takes.")
  func patterns() throws {
    let properties = try #require(try schema()["properties"] as? [String: [String: Any]])
    func pattern(_ keys: String...) throws -> Regex<AnyRegexOutput> {
      var object: Any = properties
      for key in keys { object = try #require((object as? [String: Any])?[key], "\(keys)") }
      return try Regex(try #require(object as? String))
    }
    let user = try pattern("user", "pattern")
    #expect("www-data:33".contains(user) && !"a:b:c".contains(user) && !":x".contains(user))
    let name = try pattern("name", "pattern")
    #expect("a-1".contains(name) && !"-a".contains(name) && !"A".contains(name))
    let variable = try pattern("env", "propertyNames", "pattern")
    #expect("_A1".contains(variable) && !"1A".contains(variable))
    let grace = try pattern("stop_grace", "pattern")
    #expect("1.5s".contains(grace) && !"10".contains(grace))
    let request = try pattern("resources", "properties", "cpu", "properties", "request", "pattern")
    #expect("250m".contains(request) && "1.5".contains(request) && !"1.5m".contains(request))
  }

  @Test("The examples are fine.")
  func examples() throws {
    let folder = Self.root.appending(path: "examples")
    let files = try #require(FileManager.default.enumerator(atPath: folder.path))
      .compactMap { $0 as? String }.filter { $0.hasSuffix(".yaml") }.sorted()
    #expect(files.contains("website/static.yaml") && files.contains("website/dynamic.yaml"))
    let sources = try files.map { name in
      SpecSource(
        name: name, text: try String(contentsOf: folder.appending(path: name), encoding: .utf8))
    }
    for source in sources {
      #expect(SpecParser.parse([source]).errors.map(\.description) == [])
    }
  }
}
