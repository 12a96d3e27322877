// SPDX-License-Identifier: Apache-2.0
import TendonClient
import TendonModel

/// Shows lists of one kind of thing, once or as they change.
struct Lister<View: Listed> {
  let console: Console
  let format: OutputFormat
  /// What to show of a list; the API filters where it can.
  var keeps: (View) -> Bool = { _ in true }

  private var columns: [Column<View>] { View.columns.filter { format == .wide || !$0.isWide } }

  private var emptyTable: Table { Table(columns.map { ($0.title, $0.alignment) }) }

  func show(_ views: [View]) throws {
    let views = views.filter(keeps)
    switch format {
    case .table, .wide:
      var table = emptyTable
      try console.print(table.text(views.map(row), hasColours: console.hasColours))
    case .json: try console.print(Structured.json(views))
    case .yaml: try console.print(Structured.yaml(views))
    }
  }

  func show(one view: View) throws {
    switch format {
    case .table, .wide: try show([view])
    case .json: try console.print(Structured.json(view))
    case .yaml: try console.print(Structured.yaml(view))
    }
  }

  /// Shows what is there, then each change, until the stream ends. As JSON and YAML every line of the
  /// stream is shown as it is; as a table, a row is shown again when it looks different.
  func watch(_ lines: JSONLineStream<WatchLine<View>>) async throws {
    switch format {
    case .table, .wide: try await watchTable(lines)
    case .json: try await watchLines(lines) { try Structured.jsonLine($0) }
    case .yaml: try await watchLines(lines) { "---\n" + (try Structured.yaml($0)) }
    }
  }

  private func watchLines(
    _ lines: JSONLineStream<WatchLine<View>>, text: (WatchLine<View>) throws -> String
  ) async throws {
    var shown: Set<String> = []
    for try await line in lines {
      switch line {
      case .put(let view):
        // One that no longer belongs to the list is shown a last time, as it now is.
        let isKept = keeps(view)
        guard isKept || shown.contains(view.listName) else { continue }
        if isKept { shown.insert(view.listName) } else { shown.remove(view.listName) }
      case .removed(let name):
        guard shown.remove(name) != nil else { continue }
      case .synced: break
      }
      try console.print(text(line))
    }
  }

  private func watchTable(_ lines: JSONLineStream<WatchLine<View>>) async throws {
    var table = emptyTable
    var first: [View] = []
    var isSynced = false
    var shown: [String: [Cell]] = [:]
    for try await line in lines {
      switch line {
      case .put(let view) where !isSynced:
        if keeps(view) { first.append(view) }
      case .put(let view):
        let stable = stableRow(view)
        // One that no longer belongs to the list is shown a last time, as it now is.
        let isKept = keeps(view)
        guard isKept || shown[view.listName] != nil, shown[view.listName] != stable else {
          continue
        }
        shown[view.listName] = isKept ? stable : nil
        try console.print(table.text(next: row(view), hasColours: console.hasColours))
      case .removed(let name):
        guard shown.removeValue(forKey: name) != nil else { continue }
        let row = columns.indices.map { index in
          index == 0 ? Cell(name) : index == 1 ? Cell("removed", .faint) : Cell("")
        }
        try console.print(table.text(next: row, hasColours: console.hasColours))
      case .synced:
        guard !isSynced else { continue }
        isSynced = true
        for view in first { shown[view.listName] = stableRow(view) }
        try console.print(table.text(first.map(row), hasColours: console.hasColours))
        first = []
      }
    }
  }

  private func row(_ view: View) -> [Cell] {
    let now = Timestamp.now
    return columns.map { $0.cell(view, now) }
  }

  private func stableRow(_ view: View) -> [Cell] {
    let now = Timestamp.now
    return columns.filter { !$0.isVolatile }.map { $0.cell(view, now) }
  }
}
