// SPDX-License-Identifier: Apache-2.0
import Foundation
import TendonModel
import Testing
import Yams

@testable import tendon

@Suite("JSON and YAML")
struct StructuredTests {
  private let hard = [
    "", "yes", "no", "null", "~", "true", "1", "1e3", "0x10", "1.5", ".inf", "a: b", "- a", "#c",
    "a #b",
    "multi\nline", " lead", "trail ", "数", "'", "\"", "{}", "[1]", "*a", "&a", "!t", "%", "@",
    "2024-01-01",
    "12:30:45", "\u{7}bell", "0o7", "1_000", "<<", "=",
  ]

  @Test("Texts that look like something else stay texts, in YAML as in JSON.")
  func texts() throws {
    let yaml = try Structured.yaml(hard)
    #expect(try YAMLDecoder().decode([String].self, from: yaml) == hard)
    // A reader without types must see texts too.
    let loose = try #require(try Yams.load(yaml: yaml) as? [Any])
    #expect(loose.compactMap { $0 as? String } == hard)
    let json = try Structured.json(hard)
    #expect(try JSONDecoder().decode([String].self, from: Data(json.utf8)) == hard)
  }

  @Test("An object reads back equal from both, its keys in order.")
  func objects() throws {
    let view = try Samples.instance("web.0", state: .running)
    let json = try Structured.json(view)
    #expect(try JSONDecoder().decode(InstanceView.self, from: Data(json.utf8)) == view)
    let yaml = try Structured.yaml(view)
    #expect(try YAMLDecoder().decode(InstanceView.self, from: yaml) == view)
    let keys = yaml.split(separator: "\n").filter { !$0.hasPrefix(" ") && !$0.hasPrefix("-") }
      .compactMap { $0.split(separator: ":").first }
    #expect(keys == keys.sorted())
  }

  @Test("A line of a watch is one line.")
  func lines() throws {
    let line = WatchLine.put(try Samples.instance("web.0", state: .running, message: "a\nb"))
    #expect(!(try Structured.jsonLine(line)).contains("\n"))
  }
}
