// SPDX-License-Identifier: Apache-2.0

import TendonModel
import Testing

@Suite("Conditions on labels")
struct LabelTermTests {
  private let labels = ["zone": "a", "kernel": "6.1.0-13-amd64", "slots": "12", "disk": "ssd"]

  @Test(
    "A condition holds for the labels that it is true of.",
    arguments: [
      ("zone = a", true), ("zone=b", false), ("zone != b", true), ("rack != b", true),
      ("zone in (a, b)", true), ("zone in (b,c)", false), ("zone not in (b)", true),
      ("rack not in (a)", true), ("disk exists", true), ("rack exists", false),
      ("rack not exists", true), ("kernel >= 6.1", true), ("kernel > 6.1", false),
      ("kernel < 6.10", true), ("kernel <= 5.19", false), ("slots > 9", true),
      ("disk < 3", false), ("rack < 3", false),
    ])
  func holds(_ text: String, _ isTrue: Bool) throws {
    let term = try LabelTerm(text)
    #expect(term.holds(for: labels) == isTrue)
    #expect((term.refusal(of: labels) == nil) == isTrue)
    #expect(try LabelTerm(term.description) == term)
  }

  @Test(
    "What is no condition is refused with what would be one.",
    arguments: [
      "", "zone", "= a", "zone ==", "zone = a b", "zone in a", "zone in ()", "zone in (a,)",
      "kernel < new", "zone = ", "zone exist",
    ])
  func refused(_ text: String) {
    #expect(throws: QuantityError.self) { try LabelTerm(text) }
  }

  @Test("A refusal names the label, what it is, and what is wanted.")
  func words() throws {
    #expect(try LabelTerm("zone = b").refusal(of: labels) == "its label zone is a, not b")
    #expect(try LabelTerm("rack = b").refusal(of: labels) == "has no label rack (b is wanted)")
    #expect(
      try LabelTerm("disk < 3").refusal(of: labels)
        == "its label disk is ssd, which is no number (wanted: disk < 3)")
  }
}

@Suite("Taints and tolerations")
struct TaintTests {
  @Test(
    "A taint is read back as it is written.",
    arguments: [
      ("gpu", "gpu:refuse"), ("gpu=true", "gpu=true:refuse"), ("gpu:evict", "gpu:evict"),
      ("a.b/c=x:avoid", "a.b/c=x:avoid"),
    ])
  func taint(_ text: String, _ whole: String) throws {
    #expect(try Taint(text).description == whole)
    #expect(try Taint(whole) == Taint(text))
  }

  @Test(
    "What is no taint is refused.",
    arguments: ["", "=x", "gpu=", "gpu:forget", "gpu:evict:refuse", "g p"])
  func refused(_ text: String) { #expect(throws: QuantityError.self) { try Taint(text) } }

  @Test(
    "A toleration covers its key, its value, or everything.",
    arguments: [
      ("gpu", true), ("gpu=true", true), ("gpu=false", false), ("cpu", false), ("*", true),
    ])
  func covers(_ text: String, _ isTrue: Bool) throws {
    #expect(try Toleration(text).covers(try Taint("gpu=true:evict")) == isTrue)
    #expect(try Toleration(text).description == text)
  }
}

@Suite("Priorities and countables")
struct PriorityTests {
  @Test(
    "A priority is a number or a class's name.",
    arguments: [("0", "idle"), ("batch", "batch"), ("501", "501"), ("1000", "system")])
  func priority(_ text: String, _ shown: String) throws {
    #expect(try Priority(text).description == shown)
  }

  @Test("What is no priority is refused.", arguments: ["-1", "1001", "urgent", ""])
  func refused(_ text: String) { #expect(throws: QuantityError.self) { try Priority(text) } }

  @Test("A host's capacities are amounts by name, in the units of their kind.")
  func countables() throws {
    var countables = Countables()
    for text in ["disk=10Gi", "gpu=2", "io-read=100MB/s", "pids=5000"] {
      try countables.set(text)
    }
    #expect(countables["disk"] == 10 << 30)
    #expect(countables["gpu"] == 2)
    #expect(countables["io-read"] == 100_000_000)
    #expect(countables["pids"] == 5000)
    #expect(Countables.isDevice("gpu") && !Countables.isDevice("pids"))
  }

  @Test("What is no capacity is refused.", arguments: ["gpu", "GPU=1", "gpu=-1", "disk=big", "=2"])
  func refusedCapacity(_ text: String) {
    var countables = Countables()
    #expect(throws: QuantityError.self) { try countables.set(text) }
    #expect(countables.isEmpty)
  }
}
