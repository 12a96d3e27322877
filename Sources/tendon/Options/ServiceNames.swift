// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonModel

/// `web,api`.
struct ServiceNames: ExpressibleByArgument {
  let names: [ServiceName]

  init?(argument: String) {
    var names: [ServiceName] = []
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      // The parser names the text and the option; there is no room for a reason.
      guard let name = try? ServiceName(String(part)) else { return nil }
      names.append(name)
    }
    self.names = names
  }
}
