// SPDX-License-Identifier: Apache-2.0

/// One piece of a table.
struct Cell: Hashable, Sendable, ExpressibleByStringLiteral {
  let text: String
  let style: Style

  /// - Parameter text: line breaks and other control characters, which could come from anywhere, are made
  ///   visible; the empty text is shown as `-`.
  init(_ text: String, _ style: Style = .plain) {
    let safe = text.unicodeScalars.contains { $0.properties.generalCategory == .control }
    self.text = text.isEmpty ? "-" : safe ? Self.visible(text) : text
    self.style = style
  }

  init(stringLiteral text: String) { self.init(text) }

  private static func visible(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n", "\r", "\t": result += " "
      case _ where scalar.properties.generalCategory == .control:
        result += "\\u{\(String(scalar.value, radix: 16))}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

enum Alignment: Sendable {
  case left, right
}

/// Rows of cells in columns, two spaces apart. Keeps its columns' widths, so that rows that come later line
/// up as far as they can.
struct Table {
  private let titles: [String]
  private let alignments: [Alignment]
  private var widths: [Int]

  init(_ columns: [(title: String, alignment: Alignment)]) {
    titles = columns.map(\.title)
    alignments = columns.map(\.alignment)
    widths = titles.map(DisplayWidth.of)
  }

  /// All columns to the left.
  init(_ titles: String...) {
    self.init(titles.map { ($0, .left) })
  }

  /// The heading and the rows, without a final line feed.
  mutating func text(_ rows: [[Cell]], hasColours: Bool) -> String {
    widen(for: rows)
    let heading = line(titles.map { Cell($0, .heading) }, hasColours: hasColours)
    return ([heading] + rows.map { line($0, hasColours: hasColours) }).joined(separator: "\n")
  }

  /// One more row under those that were shown.
  mutating func text(next row: [Cell], hasColours: Bool) -> String {
    widen(for: [row])
    return line(row, hasColours: hasColours)
  }

  private mutating func widen(for rows: [[Cell]]) {
    for row in rows {
      precondition(row.count == widths.count, "a row has a cell for each column")
      for (index, cell) in row.enumerated() {
        widths[index] = max(widths[index], DisplayWidth.of(cell.text))
      }
    }
  }

  private func line(_ row: [Cell], hasColours: Bool) -> String {
    var result = ""
    for (index, cell) in row.enumerated() {
      let padding = String(repeating: " ", count: widths[index] - DisplayWidth.of(cell.text))
      let text = cell.style.applied(to: cell.text, hasColours: hasColours)
      switch alignments[index] {
      case .right: result += padding + text
      case .left: result += index == row.count - 1 ? text : text + padding
      }
      if index < row.count - 1 { result += "  " }
    }
    return result
  }
}
