// SPDX-License-Identifier: Apache-2.0
import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import TendonModel

extension ClientError {
  /// What a failure of the HTTP client or the network below it means.
  init(_ error: any Error, from address: ServerAddress) {
    if let error = error as? ClientError {
      self = error
    } else if error is CancellationError || (error as? HTTPClientError) == .cancelled {
      self = .cancelled
    } else if error is NIOTooManyBytesError {
      self = .malformedAnswer(address, why: "it is larger than this program takes")
    } else if let error = error as? HTTPParserError, error != .invalidEOFState {
      self = .malformedAnswer(address, why: "it is not HTTP")
    } else {
      self = .unreachable(address, why: Self.words(for: error))
    }
  }

  /// The refusal in an answer of 400 or above.
  init(status: Int, body: ByteBuffer, from address: ServerAddress) {
    do {
      let answer = try JSONCoding.decode(APIErrorBody.self, from: body)
      self = .refused(answer.error, status: status)
    } catch {
      self = .malformedAnswer(address, why: "HTTP status \(status) without an error in its body")
    }
  }

  private static func words(for error: any Error) -> String {
    switch error {
    case let error as HTTPClientError:
      switch error {
      case .connectTimeout, .getConnectionFromPoolTimeout: return "no connection in time"
      case .readTimeout: return "nothing heard for too long"
      case .deadlineExceeded: return "no answer in time"
      case .remoteConnectionClosed: return "the connection was closed"
      default: return error.shortDescription.lowercased()
      }
    case is HTTPParserError: return "the connection was closed"
    case let error as NIOConnectionError:
      // One reason is enough: the first address is the one people mean.
      if let first = error.connectionErrors.first { return words(for: first.error) }
      return "no address is known for the host \(error.host)"
    case let error as IOError:
      return IOReason.text(error.errnoCode) ?? String(describing: error)
    default:
      return String(describing: error)
    }
  }
}
