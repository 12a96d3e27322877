// SPDX-License-Identifier: Apache-2.0

import TendonModel

extension SpecDecoder {
  func logs() -> LogSettings {
    let standard = LogSettings()
    return LogSettings(
      target: text("logs", "to").flatMap(LogSettings.Target.init(rawValue:)) ?? standard.target,
      maxSize: quantity("logs", "max_size") ?? standard.maxSize,
      keep: integer("logs", "keep") ?? standard.keep)
  }
}
