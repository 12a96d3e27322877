// SPDX-License-Identifier: Apache-2.0

/// Finds the word that was probably meant.
enum Spelling {
  /// The known word nearest to `word`; nil when none is near (two edits, and fewer than half the
  /// word).
  static func nearest(to word: String, among known: [String]) -> String? {
    guard word.unicodeScalars.count <= 64 else { return nil }
    let lowercased = word.lowercased()
    let ranked = known.map { (word: $0, distance: distance(lowercased, $0)) }
    guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
    let isNear = best.distance <= 2 && best.distance * 2 < max(word.count, best.word.count)
    return isNear ? best.word : nil
  }

  /// Edits (insert, remove, replace, swap neighbours) that make one text the other: the optimal
  /// string alignment distance.
  static func distance(_ left: String, _ right: String) -> Int {
    let left = Array(left.unicodeScalars)
    let right = Array(right.unicodeScalars)
    var before: [Int] = []
    var above = Array(0...right.count)
    for (row, scalar) in left.enumerated() {
      var current = [row + 1]
      for (column, other) in right.enumerated() {
        var best = min(
          above[column + 1] + 1, current[column] + 1, above[column] + (scalar == other ? 0 : 1))
        if row > 0, column > 0, scalar == right[column - 1], left[row - 1] == other {
          best = min(best, before[column - 1] + 1)
        }
        current.append(best)
      }
      (before, above) = (above, current)
    }
    return above[right.count]
  }
}
