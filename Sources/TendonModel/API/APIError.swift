// SPDX-License-Identifier: Apache-2.0

/// The body of every answer of 400 or above: `{"error": {...}}`.
package struct APIErrorBody: Hashable, Sendable, Codable {
  package var error: APIError

  package init(error: APIError) { self.error = error }
}

/// Why a request was not done, for a program (`code`) and for a person (`message`, `details`).
package struct APIError: Error, Hashable, Sendable, Codable, CustomStringConvertible {
  package enum Code: String, Hashable, Sendable, Codable, CaseIterable {
    /// The request itself is wrong: 400.
    case badRequest = "bad_request"
    /// No token, or a wrong one: 401.
    case unauthorized
    /// No such thing: 404.
    case notFound = "not_found"
    /// The request is fine, the cluster cannot do it now: 409.
    case conflict
    /// The body is too large: 413.
    case tooLarge = "too_large"
    /// It was committed, but not confirmed in time: 504.
    case timedOut = "timed_out"
    /// The coordinator cannot store or reach what it needs: 503.
    case unavailable
    /// A fault of ours: 500.
    case internalError = "internal"

    /// The HTTP status that goes with it.
    package var status: Int {
      switch self {
      case .badRequest: 400
      case .unauthorized: 401
      case .notFound: 404
      case .conflict: 409
      case .tooLarge: 413
      case .timedOut: 504
      case .unavailable: 503
      case .internalError: 500
      }
    }
  }

  package var code: Code
  package var message: String
  package var details: [ErrorDetail]

  package init(code: Code, message: String, details: [ErrorDetail] = []) {
    self.code = code
    self.message = message
    self.details = details
  }

  package var description: String {
    ([message] + details.map(\.description)).joined(separator: "\n  ")
  }
}

/// One of several reasons, with the place it speaks of.
package struct ErrorDetail: Hashable, Sendable, Codable, CustomStringConvertible {
  /// A file's name, as the user gave it.
  package var file: String?
  /// Counted from 1.
  package var line: Int?
  package var column: Int?
  /// A key's path (`resources.cpu.limit`), a host's or an instance's name.
  package var subject: String?
  package var message: String

  package init(
    file: String? = nil, line: Int? = nil, column: Int? = nil, subject: String? = nil,
    message: String
  ) {
    self.file = file
    self.line = line
    self.column = column
    self.subject = subject
    self.message = message
  }

  /// `file:line:column: subject: message`, without the parts that are nil.
  package var description: String {
    var place = file ?? ""
    if let line { place += (place.isEmpty ? "line " : ":") + "\(line)" }
    if let column { place += ":\(column)" }
    return [place, subject ?? "", message].filter { !$0.isEmpty }.joined(separator: ": ")
  }
}
