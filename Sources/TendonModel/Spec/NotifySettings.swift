// SPDX-License-Identifier: Apache-2.0

/// What a program tells of itself through the socket of sd_notify(3), whose path it finds in `NOTIFY_SOCKET`.
package struct NotifySettings: Hashable, Sendable, Codable {
  /// Whether it is ready only once it has sent `READY=1`.
  package var ready: Bool
  /// The longest it may be silent: it has to send `WATCHDOG=1` more often, or it is restarted. Nil: no watchdog.
  package var watchdog: Span?

  enum CodingKeys: String, CodingKey {
    case ready, watchdog
  }

  package init(ready: Bool = false, watchdog: Span? = nil) {
    self.ready = ready
    self.watchdog = watchdog
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    ready = try values.decodeIfPresent(Bool.self, forKey: .ready) ?? false
    watchdog = try values.decodeIfPresent(Span.self, forKey: .watchdog)
  }

  /// Whether the program is given a socket.
  package var isUsed: Bool { ready || watchdog != nil }
}
