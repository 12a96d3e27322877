// SPDX-License-Identifier: Apache-2.0

/// Finds a part of a list from which nothing can be left out (Zeller and Hildebrandt, "Simplifying and Isolating
/// Failure-Inducing Input", IEEE Transactions on Software Engineering 28(2), 2002): halves are left out first, and then
/// ever smaller pieces.
enum DeltaDebugging {
  /// - Parameter fails: whether what is looked for is still there with these items; it is with all of them.
  static func minimized<Item>(_ items: [Item], whether fails: ([Item]) -> Bool) -> [Item] {
    var items = items
    if items.isEmpty || fails([]) { return [] }
    var size = (items.count + 1) / 2
    while true {
      let count = items.count
      var start = 0
      while start < items.count {
        var fewer = items
        fewer.removeSubrange(start..<min(start + size, items.count))
        if fails(fewer) { items = fewer } else { start += size }
      }
      // Without one, another may be needless too.
      if size == 1, items.count == count { return items }
      size = max(1, size / 2)
    }
  }
}
