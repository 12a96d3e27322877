// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonClient
import TendonModel

/// How an error that ends the program is shown, and the status that goes with it.
struct Failure {
  let status: Int32
  /// Lines for standard error, or for standard output where `status` is 0 (help, version).
  let text: String

  init(_ error: any Error) {
    switch error {
    case let error as ClientError:
      status = error.exitStatus.rawValue
      text = "tendon: \(error)"
    case let error as CLIError:
      status = error.exitStatus.rawValue
      let details: [ErrorDetail] =
        if case .badSpecs(let details) = error { details } else { [] }
      text = (details.map(\.description) + ["tendon: \(error)"]).joined(separator: "\n")
    case let error as ConsoleError:
      status = error.exitStatus.rawValue
      text = error == .closed ? "" : "tendon: \(error)"
    case let code as ExitCode:
      // A command's own status, whatever it means to us.
      status = code.rawValue
      text = ""
    default:
      let code = Tendon.exitCode(for: error)
      switch code {
      case .success: status = ExitStatus.success.rawValue
      case .validationFailure: status = ExitStatus.badInput.rawValue
      default: status = code.rawValue
      }
      text = Tendon.fullMessage(for: error)
    }
  }

  /// Writes the text where it belongs.
  /// - Returns: the exit status.
  func report() -> Int32 {
    let line = text.isEmpty || text.hasSuffix("\n") ? text : text + "\n"
    do {
      try Console.write(line, to: status == 0 ? .output : .error)
    } catch {
      // Nobody is left to be told; the status still tells it.
      return status == 0 ? error.exitStatus.rawValue : status
    }
    return status
  }
}
