// SPDX-License-Identifier: Apache-2.0

import TendonModel

extension SpecShape {
  /// The keys of `Sandbox`.
  static let sandbox: [Field] = []
}
