// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel
import Testing

@Suite struct DisruptionBudgetTests {
  private func budget(
    _ settings: BudgetSettings?, of total: Int, available: Int, unknown: Int = 0
  ) -> DisruptionBudget {
    DisruptionBudget(
      service: ClusterFixture.service("web"), settings: settings, wanted: Set(0..<total),
      available: Set(0..<available), unknown: Set(available..<available + unknown))
  }

  @Test(
    "Numbers are taken as they are; percentages are rounded so that more are available, but one of something may go.",
    arguments: [
      (BudgetSettings(maxUnavailable: .count(0)), 3, 0),
      (BudgetSettings(maxUnavailable: .count(2)), 3, 2),
      (BudgetSettings(maxUnavailable: .percent(25)), 3, 1),
      (BudgetSettings(maxUnavailable: .percent(25)), 11, 2),
      (BudgetSettings(maxUnavailable: .percent(100)), 3, 3),
      (BudgetSettings(maxUnavailable: .percent(0)), 300, 0),
      (BudgetSettings(minAvailable: .count(2)), 3, 1),
      (BudgetSettings(minAvailable: .count(3)), 3, 0),
      (BudgetSettings(minAvailable: .count(5)), 3, 0),
      (BudgetSettings(minAvailable: .percent(50)), 3, 1),
      (BudgetSettings(minAvailable: .percent(34)), 3, 1),
      (BudgetSettings(minAvailable: .percent(33)), 3, 2),
      (BudgetSettings(minAvailable: .percent(100)), 3, 0),
      (BudgetSettings(minAvailable: .percent(0)), 3, 3),
    ])
  func allowed(settings: BudgetSettings, total: Int, allowed: Int) {
    #expect(settings.allowed(of: total) == allowed)
    let all = budget(settings, of: total, available: total)
    #expect(all.mayDisrupt(Set(0..<allowed)))
    if allowed < total {
      #expect(!all.mayDisrupt(Set(0...allowed)))
      #expect(all.refusal(of: Set(0...allowed))?.contains("at most \(allowed) of") == true)
    }
  }

  @Test("What is down already counts, whoever took it down; what serves nobody may be stopped.")
  func down() {
    let two = budget(BudgetSettings(maxUnavailable: .count(1)), of: 3, available: 2)
    #expect(!two.mayDisrupt([0]) && two.mayDisrupt([2]) && two.mayDisrupt([]))
    #expect(
      two.refusal(of: [0])
        == "its budget (max_unavailable: 1) lets at most 1 of 3 instances be unavailable; unavailable now: web.2"
    )
    #expect(
      two.evidence
        == "disruption budget (max_unavailable: 1): at most 1 of 3 instances may be unavailable; "
        + "unavailable now: web.2")
    #expect(!two.mayDisrupt([1, 2]) && two.mayDisrupt([7]), "7 is wanted by nobody")
  }

  @Test("What nobody has told of yet is neither counted on nor given away.")
  func unknown() {
    let budget = budget(
      BudgetSettings(maxUnavailable: .count(1)), of: 3, available: 1, unknown: 2)
    #expect(!budget.mayDisrupt([0]) && !budget.mayDisrupt([1]))
  }

  @Test("Without a budget everything may be disrupted.")
  func none() {
    let budget = budget(nil, of: 3, available: 1)
    #expect(
      budget.mayDisrupt([0, 1, 2]) && budget.evidence == nil && budget.refusal(of: [0]) == nil)
  }
}
