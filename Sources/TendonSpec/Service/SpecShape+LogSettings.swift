// SPDX-License-Identifier: Apache-2.0

import TendonModel

extension SpecShape {
  /// The keys of `LogSettings`.
  static let logs: [Field] = []
}
