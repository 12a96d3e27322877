// SPDX-License-Identifier: Apache-2.0

import TendonModel
import Testing

@testable import TendonCore

/// Settings of placement by name.
@Suite struct PlacementSettingsTests {
  @Test("Every key can be set.")
  func keys() throws {
    for key in PlacementSettings.keys where key != "policy" {
      var settings = PlacementSettings()
      try settings.set("\(key)=37.5")
      #expect(settings != PlacementSettings(), "\(key)")
    }
    var settings = PlacementSettings()
    try settings.set("policy=pack")
    #expect(settings.policy == .pack)
  }

  @Test(
    "What is wrong is named.",
    arguments: [
      ("balance=-1", "balance: \"-1\" is not a number from 0 to 100"),
      ("balance=much", "balance: \"much\" is not a number from 0 to 100"),
      ("policy=best", "policy: \"best\" is not balance or pack"),
      ("balance", "\"balance\" is not KEY=VALUE, such as down-after=3s"),
    ])
  func faults(text: String, words: String) {
    var settings = PlacementSettings()
    do throws(SettingError) {
      try settings.set(text)
      Issue.record("\(text) was taken")
    } catch {
      #expect(error.description == words)
    }
    #expect(settings == PlacementSettings())
  }
}
