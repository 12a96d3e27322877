// SPDX-License-Identifier: Apache-2.0
import TendonModel

/// What can go wrong in the program itself.
enum CLIError: Error, Hashable {
  /// An argument, a variable or a file that cannot be used.
  case badInput(String)
  /// Specs with faults; nothing was sent.
  case badSpecs([ErrorDetail])
  case notFound(String)
  /// Limits that the kernel does not hold as asked; one text for each.
  case notInForce([String])
  /// The time to wait ran out; one text for each thing that is missing.
  case notDone(String, missing: [String])
}

extension CLIError: CustomStringConvertible {
  var description: String {
    switch self {
    case .badInput(let message), .notFound(let message): message
    case .badSpecs(let details):
      details.count == 1
        ? "1 error, nothing was applied" : "\(details.count) errors, nothing was applied"
    case .notInForce(let knobs):
      (["not in force as asked:"] + knobs).joined(separator: "\n  ")
    case .notDone(let message, let missing):
      ([message] + missing).joined(separator: "\n  ")
    }
  }
}
