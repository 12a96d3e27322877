// SPDX-License-Identifier: Apache-2.0

import TendonModel
import Testing

@testable import TendonCore

/// Settings of placement by name.
@Suite struct PlacementSettingsTests {
  @Test("Every key can be set.")
  func keys() throws {
    let values = ["policy": "pack", "rebalance": "manual", "rebalance-moves": "7"]
    for key in PlacementSettings.keys {
      var settings = PlacementSettings()
      try settings.set("\(key)=\(values[key] ?? "37.5")")
      #expect(settings != PlacementSettings(), "\(key)")
    }
  }

  @Test(
    "What is wrong is named.",
    arguments: [
      ("balance=-1", "balance: \"-1\" is not a number from 0 to 100"),
      ("balance=much", "balance: \"much\" is not a number from 0 to 100"),
      ("rebalance=on", "rebalance: \"on\" is not auto or manual"),
      ("rebalance-moves=0", "rebalance-moves: \"0\" is not a whole number from 1 to 1000"),
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
