// SPDX-License-Identifier: Apache-2.0

import Foundation
import TendonModel
import TendonSpec
import Testing

struct DisruptionSpecTests {
  @Test(
    "A budget is read, written back and read again, as YAML and as JSON.",
    arguments: [
      ("", nil),
      ("disruption: {max_unavailable: 1}", BudgetSettings(maxUnavailable: .count(1))),
      ("disruption: {max_unavailable: 0}", BudgetSettings(maxUnavailable: .count(0))),
      ("disruption: {max_unavailable: 25%}", BudgetSettings(maxUnavailable: .percent(25))),
      ("disruption: {min_available: 2}", BudgetSettings(minAvailable: .count(2))),
      ("disruption: {min_available: \"100%\"}", BudgetSettings(minAvailable: .percent(100))),
      (
        "kind: daemon\ndisruption: {max_unavailable: 10%}",
        BudgetSettings(maxUnavailable: .percent(10))
      ),
      (
        "fence: true\nreplicas: 2\ndisruption: {min_available: 1}",
        BudgetSettings(minAvailable: .count(1))
      ),
    ] as [(String, BudgetSettings?)])
  func good(text: String, expected: BudgetSettings?) throws {
    let spec = try #require(try parsed("name: a\ncommand: [x]\n" + text).first)
    #expect(spec.budget == expected && spec.faults.isEmpty)
    #expect(try parsed(SpecWriter.yaml(spec)) == [spec])
    let json = try JSONEncoder().encode(spec)
    #expect(try JSONDecoder().decode(ServiceSpec.self, from: json) == spec)
  }

  @Test(
    "Faults have their place and say what is right.",
    arguments: [
      BadCase("disruption: 1", at: 13, "disruption", "write {max_unavailable: 1} or"),
      BadCase("disruption: {}", at: 13, "disruption", "says nothing"),
      BadCase(
        "disruption: {max_unavailable: 1, min_available: 1}", at: 13, "disruption", "give one"),
      BadCase(
        "disruption: {max_unavailable: -1}", at: 31, "disruption.max_unavailable",
        "a whole number from 0 to 100000, or a share of the instances, such as 25%"),
      BadCase(
        "disruption: {max_unavailable: 101%}", at: 31, "disruption.max_unavailable", "such as 25%"),
      BadCase(
        "disruption: {min_available: 2.5}", at: 29, "disruption.min_available", "such as 25%"),
      BadCase(
        "disruption: {min_available: 05%}", at: 29, "disruption.min_available", "such as 25%"),
      BadCase(
        "disruption: {max_unavailble: 1}", at: 14, "disruption.max_unavailble",
        "did you mean max_unavailable?"),
      BadCase(
        "kind: job\ndisruption: {max_unavailable: 1}", at: 13, "disruption",
        "a job runs to completion", line: 4),
      BadCase(
        "fence: true\ndisruption: {min_available: 1}", at: 13, "disruption",
        "lets none of 1 instance be unavailable, and one that is fenced is", line: 4),
    ])
  func bad(_ bad: BadCase) {
    let errors = SpecParser.parse([SpecSource(text: bad.text)]).errors
    #expect(errors.count == 1, "\(errors)")
    #expect(errors.first?.line == bad.line && errors.first?.column == bad.column, "\(errors)")
    #expect(errors.first?.subject == bad.path)
    #expect(errors.first?.message.contains(bad.says) == true, "\(errors)")
  }

  @Test("What came as JSON, past the parser, is refused as well.")
  func json() throws {
    func decode(_ budget: String) throws -> BudgetSettings {
      try JSONDecoder().decode(BudgetSettings.self, from: Data(budget.utf8))
    }
    #expect(throws: DecodingError.self) { try decode("{\"max_unavailable\": \"x%\"}") }
    #expect(throws: DecodingError.self) { try decode("{\"max_unavailable\": \"200%\"}") }
    let negative = try decode("{\"max_unavailable\": -1}")
    #expect(
      negative.faults(kind: .service, replicas: 1, fence: false).first?.path
        == ["disruption", "max_unavailable"])
    #expect(!(try decode("{}")).faults(kind: .service, replicas: 1, fence: false).isEmpty)
  }
}
