// SPDX-License-Identifier: Apache-2.0

/// `1 host`, `2 hosts`: a count with its noun, for sentences.
package func counted(_ count: Int, _ noun: String) -> String {
  "\(count) \(noun)\(count == 1 ? "" : "s")"
}
