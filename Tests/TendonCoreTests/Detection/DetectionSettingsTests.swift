// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TendonCore

@Suite("Settings of the detection")
struct DetectionSettingsTests {
  @Test("Every key can be set; what it can't be is said with the key.")
  func keys() throws {
    var settings = DetectionSettings()
    try settings.set("down-after=3s")
    try settings.set("window=32")
    try settings.set("loss-floor=0.1")
    try settings.set("kernel-probes=false")
    #expect(settings.downAfter == .seconds(3))
    #expect(settings.window == 32)
    #expect(settings.lossFloor == 0.1)
    #expect(!settings.kernelProbes)
    for (text, word) in [
      ("down-after", "KEY=VALUE"), ("nonsense=1", "nonsense"), ("window=0", "8 to 1024"),
      ("loss-floor=1", "between 0 and 1"), ("down-after=soon", "length of time"),
      ("kernel-probes=yes", "true or false"),
    ] {
      do {
        try settings.set(text)
        Issue.record("\(text) was taken")
      } catch {
        #expect("\(error)".contains(word), "\(error)")
      }
    }
    for key in DetectionSettings.keys {
      let isTaken = ["1s", "9", "0.5", "true"].contains { value in
        // One of them fits.
        (try? settings.set("\(key)=\(value)")) != nil
      }
      #expect(isTaken, "\(key)")
    }
  }
}
