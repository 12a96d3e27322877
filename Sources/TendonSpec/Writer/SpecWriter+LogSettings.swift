// SPDX-License-Identifier: Apache-2.0

import TendonModel

extension SpecWriter {
  /// What differs from the default.
  static func lines(_ logs: LogSettings) -> [String] {
    guard logs != LogSettings() else { return [] }
    return [
      "logs:", "  to: \(logs.target.rawValue)", "  max_size: \(logs.maxSize)",
      "  keep: \(logs.keep)",
    ]
  }
}
