// SPDX-License-Identifier: Apache-2.0
import TendonModel

/// A thing that is shown in lists.
protocol Listed: Codable, Hashable, Sendable {
  /// The name that a watch's `removed` line gives.
  var listName: String { get }
  static var columns: [Column<Self>] { get }
}

/// One column of a list of `View`s.
struct Column<View>: Sendable {
  let title: String
  var alignment = Alignment.left
  /// Shown only with `-o wide`.
  var isWide = false
  /// Changes all the time by itself, such as an age, and so is no reason to show a row again.
  var isVolatile = false
  let cell: @Sendable (View, Timestamp) -> Cell
}
