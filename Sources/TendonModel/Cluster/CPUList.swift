// SPDX-License-Identifier: Apache-2.0

/// A set of CPUs as the kernel writes one: `0-3,8` (cpuset(7), "List format").
package struct CPUList: Hashable, Sendable, CustomStringConvertible {
  /// In ascending order, each once.
  package let cpus: [Int]

  package init(_ cpus: some Sequence<Int>) { self.cpus = Set(cpus).sorted() }

  /// Reads the kernel's text; nil when it is no such list. An empty text is an empty set.
  package init?(parsing text: String) {
    var cpus: [Int] = []
    for part in text.split(separator: ",") {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1],
        first >= 0, first <= last, last < Self.largest
      else { return nil }
      cpus += first...last
    }
    self.init(cpus)
  }

  /// More than any kernel has.
  private static let largest = 65_536

  package var isEmpty: Bool { cpus.isEmpty }

  package var description: String {
    var parts: [String] = []
    var rest = cpus[...]
    while let first = rest.first {
      var last = first
      rest = rest.dropFirst()
      while rest.first == last + 1 {
        last += 1
        rest = rest.dropFirst()
      }
      parts.append(first == last ? "\(first)" : "\(first)-\(last)")
    }
    return parts.joined(separator: ",")
  }
}
