// SPDX-License-Identifier: Apache-2.0

import Logging
import TendonModel

extension Logger {
  /// A logger whose entries are about one instance: in the journal they have TENDON_INSTANCE and TENDON_SERVICE.
  func about(_ instance: InstanceID) -> Logger {
    var log = self
    log[metadataKey: "instance"] = "\(instance)"
    log[metadataKey: "service"] = "\(instance.service)"
    return log
  }

  /// The same, of a name as tendon-init tells it.
  func about(name: String) -> Logger {
    // A name that is none comes from another program's socket; the entry has it in its text.
    guard let instance = try? InstanceID(name) else { return self }
    return about(instance)
  }
}
