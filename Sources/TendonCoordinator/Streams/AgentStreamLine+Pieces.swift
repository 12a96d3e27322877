// SPDX-License-Identifier: Apache-2.0
import TendonModel

extension AgentStreamLine {
  /// How many placements are sent in one piece. A smaller one lets an agent begin sooner, and takes more lines.
  private static var pieceSize: Int { 64 }

  /// The lines that say the same: an agent starts what the first brings while the next are made and read. It has not come
  /// to the revision before the last of them.
  var pieces: [AgentStreamLine] {
    guard case .delta(let revision, let upserts, let removals) = self,
      upserts.count > Self.pieceSize, revision.rawValue > 0
    else { return [self] }
    let before = Revision(revision.rawValue - 1)
    return stride(from: 0, to: upserts.count, by: Self.pieceSize).map { start in
      let end = min(start + Self.pieceSize, upserts.count)
      return .delta(
        revision: end == upserts.count ? revision : before, upserts: Array(upserts[start..<end]),
        removals: start == 0 ? removals : [])
    }
  }
}
