// SPDX-License-Identifier: Apache-2.0

import TendonModel

extension SpecWriter {
  /// What differs from the default.
  static func lines(_ workload: Workload) -> [String] { [] }
}
