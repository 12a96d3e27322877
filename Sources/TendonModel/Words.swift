// SPDX-License-Identifier: Apache-2.0

/// `1 host`, `2 hosts`: a count with its noun, for sentences.
package func counted(_ count: Int, _ noun: String) -> String {
  "\(count) \(noun)\(count == 1 ? "" : "s")"
}

/// As `counted`, for nouns with a plural of their own.
package func counted(_ count: Int, _ one: String, _ many: String) -> String {
  "\(count) \(count == 1 ? one : many)"
}
