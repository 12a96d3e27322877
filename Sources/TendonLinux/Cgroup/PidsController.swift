// SPDX-License-Identifier: Apache-2.0
import TendonModel

/// `pids.max` from the limit on processes and threads.
package enum PidsController {
  static func knobs(for pids: Limit<Int>) -> [Knob] {
    [
      Knob(
        .pids, "pids.max", requested: "pids \(pids)", wanted: pids.description,
        isKernelDefault: pids == .max)
    ]
  }

  static func use(of file: String, at leaf: String) throws(KernelFileError) -> String? {
    try MemoryController.number("pids.current", at: leaf).map { "\($0) in use" }
  }
}
