// SPDX-License-Identifier: Apache-2.0
import HTTPTypes

/// Which methods each path takes, so that a wrong one can be told from a wrong path.
struct RouteTable: Sendable {
  private var entries: [(method: HTTPRequest.Method, parts: [Substring])] = []

  /// - Parameter path: with `{name}` for a part that may be anything.
  mutating func add(_ method: HTTPRequest.Method, _ path: String) {
    entries.append((method, path.split(separator: "/")))
  }

  func methods(at path: String) -> Set<HTTPRequest.Method> {
    let parts = path.split(separator: "/")
    let hits = entries.filter { entry in
      entry.parts.count == parts.count
        && zip(entry.parts, parts).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }
    return Set(hits.map(\.method))
  }
}
