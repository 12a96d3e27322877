// SPDX-License-Identifier: Apache-2.0

import TendonModel

extension SpecShape {
  /// The keys of `Workload`.
  static let workload: [Field] = []
}
