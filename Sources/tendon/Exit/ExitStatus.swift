// SPDX-License-Identifier: Apache-2.0
import TendonClient
import TendonModel

/// What the program's exit status tells a script.
enum ExitStatus: Int32 {
  case success = 0
  case failed = 1
  case badInput = 2
  case unreachable = 3
  case notFound = 4
  case refused = 5
  /// 128 + SIGPIPE: whoever read the output has gone.
  case outputClosed = 141
}

extension ClientError {
  var exitStatus: ExitStatus {
    switch self {
    case .unreachable: .unreachable
    case .malformedAnswer, .cancelled: .failed
    case .refused(let error, _): error.code.exitStatus
    }
  }
}

extension APIError.Code {
  var exitStatus: ExitStatus {
    switch self {
    case .badRequest, .tooLarge: .badInput
    case .notFound: .notFound
    case .conflict, .unauthorized: .refused
    case .timedOut, .unavailable, .internalError: .failed
    }
  }
}

extension CLIError {
  var exitStatus: ExitStatus {
    switch self {
    case .badInput, .badSpecs: .badInput
    case .notFound: .notFound
    case .notInForce: .refused
    case .notDone: .failed
    }
  }
}

extension ConsoleError {
  var exitStatus: ExitStatus {
    switch self {
    case .closed: .outputClosed
    case .failed: .failed
    }
  }
}
