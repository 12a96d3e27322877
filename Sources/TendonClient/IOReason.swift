// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The words people know for the errors that a connection can end in (errno(3)).
enum IOReason {
  static func text(_ code: CInt) -> String? {
    switch code {
    case ECONNREFUSED: "connection refused"
    case ECONNRESET, EPIPE: "the connection was closed"
    case EHOSTUNREACH: "no route to the host"
    case ENETUNREACH: "the network is unreachable"
    case ETIMEDOUT: "no answer in time"
    case EHOSTDOWN: "the host is down"
    default: nil
    }
  }
}
