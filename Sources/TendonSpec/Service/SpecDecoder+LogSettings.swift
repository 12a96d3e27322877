// SPDX-License-Identifier: Apache-2.0

import TendonModel

extension SpecDecoder {
  func logs() -> LogSettings { LogSettings() }
}
