// SPDX-License-Identifier: Apache-2.0
import Glibc
import NIOCore
package import TendonStore

/// Why the coordinator does not run; the description is for the operator.
package enum ProgramError: Error, Sendable, CustomStringConvertible {
  case store(StoreError)
  case cannotListen(String, reason: String)
  case file(path: String, reason: String)
  case failed(String)
  /// What it was asked for on its command line can't be: whoever starts it again with that has no more luck.
  case badInput(String)

  package var description: String {
    switch self {
    case .store(let error): error.description
    case .cannotListen(let address, let reason): "cannot listen on \(address): \(reason)"
    case .file(let path, let reason): "\(path): \(reason)"
    case .failed(let reason), .badInput(let reason): reason
    }
  }

  /// As `units/tendon-coordinator.service` has it: 2 is not tried again.
  package var exitStatus: Int32 {
    if case .badInput = self { 2 } else { 1 }
  }

  static func words(for error: any Error) -> String {
    guard let error = error as? IOError else { return "\(error)" }
    return words(for: error.errnoCode)
  }

  static func words(for code: Int32) -> String { String(cString: strerror(code)) }
}
