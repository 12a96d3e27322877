// SPDX-License-Identifier: Apache-2.0

import Foundation
import TendonModel
import TendonSpec
import Testing

struct PlacementSpecTests {
  @Test("Every key of placement and priority arrives in the model, and is written back.")
  func complete() throws {
    let text = """
      name: web
      command: [serve]
      priority: high
      resources:
        devices: {gpu: 2}
      placement:
        constraints: ["zone in (a, b)", "kernel >= 6.1"]
        policy: pack
        spread:
          - by: zone
            hard: true
            shares: {a: 2, "1": 1}
          - {by: rack}
        affinity: [{service: db, within: rack, weight: 80}]
        anti_affinity:
          - {service: web, hard: true}
          - {hosts: "disk = hdd"}
        per_host: 3
        tolerate: [gpu, "old=yes", "*"]
        gang: shop
        rebalance: false
      """
    let spec = try #require(try parsed(text).first)
    #expect(spec.priority.rawValue == 700)
    #expect(spec.resources.devices == ["gpu": 2])
    let rules = spec.placement
    #expect(rules.constraints == [try LabelTerm("zone in (a, b)"), try LabelTerm("kernel >= 6.1")])
    #expect(
      rules.policy == .pack && rules.perHost == 3 && rules.gang == "shop" && !rules.rebalances)
    #expect(
      rules.spread == [
        SpreadRule(label: "zone", isHard: true, shares: ["a": 2, "1": 1]),
        SpreadRule(label: "rack"),
      ])
    #expect(
      rules.affinity == [
        AffinityRule(.service(try ServiceName("db")), within: "rack", weight: 80)
      ])
    #expect(
      rules.antiAffinity == [
        AffinityRule(.service(try ServiceName("web")), isHard: true),
        AffinityRule(.hosts(try LabelTerm("disk = hdd"))),
      ])
    #expect(rules.tolerations.map(\.description) == ["gpu", "old=yes", "*"])
    #expect(try parsed(SpecWriter.yaml(spec)) == [spec])
    let json = try JSONEncoder().encode(spec)
    #expect(try JSONDecoder().decode(ServiceSpec.self, from: json) == spec)
  }

  static let cases: [BadCase] = [
    BadCase("priority: urgent", at: 11, "priority", "0 to 1000, or one of idle, batch"),
    BadCase(
      "placement: {constraints: [zone]}", at: 27, "placement.constraints[0]",
      "is not a condition on a label"),
    BadCase(
      "placement: {spread: [{by: zone}, {by: zone}]}", at: 39, "placement.spread[1].by",
      "is spread over already"),
    BadCase("placement: {spread: [{hard: true}]}", at: 22, "placement.spread[0].by", "is missing"),
    BadCase(
      "placement: {affinity: [{within: rack}]}", at: 24, "placement.affinity[0]",
      "either service or hosts"),
    BadCase("placement: {per_host: 0}", at: 23, "placement.per_host", "outside 1 to"),
    BadCase("placement: {tolerate: [\"=\"]}", at: 24, "placement.tolerate[0]", "a toleration"),
    BadCase("placement: {gang: A}", at: 19, "placement.gang", "lower-case"),
    BadCase("placement: {policy: best}", at: 21, "placement.policy", "one of balance, pack"),
    BadCase(
      "resources: {devices: {pids: 1}}", at: 29, "resources.devices.pids", "no name of a device"),
  ]

  @Test("Bad rules are told with their place.", arguments: cases)
  func bad(_ bad: BadCase) throws {
    let errors = SpecParser.parse([SpecSource(name: "p.yaml", text: bad.text)]).errors
    #expect(errors.count == 1, "\(errors)")
    let error = try #require(errors.first)
    #expect(error.line == bad.line && error.column == bad.column && error.subject == bad.path)
    #expect(error.message.contains(bad.says), "\(error)")
  }
}
