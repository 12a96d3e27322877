// SPDX-License-Identifier: Apache-2.0

/// Which part of an instance's output to send.
package struct LogRequest: Hashable, Sendable {
  package enum Stream: String, Hashable, Sendable, Codable, CaseIterable {
    case stdout, stderr
  }

  /// nil is both, stdout first (they are separate files; nothing orders their lines).
  package var stream: Stream?
  /// Only the last lines; nil is everything.
  package var tailLines: Int?
  /// Only what was written since then. Exact to about a second for what is new, coarser for what is old; what is in
  /// doubt is sent.
  package var since: LogMoment?
  /// Instead of the placement's whole output, that of the run before the present one: of the process that was
  /// started before.
  package var previous: Bool
  /// Whether to go on sending what is appended, until the placement is over or the reader hangs up.
  package var follow: Bool

  package init(
    stream: Stream? = nil, tailLines: Int? = nil, since: LogMoment? = nil, previous: Bool = false,
    follow: Bool = false
  ) {
    self.stream = stream
    self.tailLines = tailLines
    self.since = since
    self.previous = previous
    self.follow = follow
  }
}

extension LogRequest: Codable {
  private enum CodingKeys: String, CodingKey {
    case stream, tailLines, since, previous, follow
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      stream: try values.decodeIfPresent(Stream.self, forKey: .stream),
      tailLines: try values.decodeIfPresent(Int.self, forKey: .tailLines),
      since: try values.decodeIfPresent(LogMoment.self, forKey: .since),
      previous: try values.decodeIfPresent(Bool.self, forKey: .previous) ?? false,
      follow: try values.decodeIfPresent(Bool.self, forKey: .follow) ?? false)
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encodeIfPresent(stream, forKey: .stream)
    try values.encodeIfPresent(tailLines, forKey: .tailLines)
    try values.encodeIfPresent(since, forKey: .since)
    if previous { try values.encode(previous, forKey: .previous) }
    try values.encode(follow, forKey: .follow)
  }
}
