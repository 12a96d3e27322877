// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A text file of the repository.
struct SourceFile {
  /// From the repository's folder.
  let path: String
  let lines: [Substring]
  /// For Swift: the lines without comments and without what strings say; otherwise empty.
  let code: [String]
  /// The numbers of the lines that have a comment, from 1.
  let commented: Set<Int>

  init(path: String, text: String) {
    self.path = path
    lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    (code, commented) = path.hasSuffix(".swift") ? SwiftCode.read(text) : ([], [])
  }

  var isSwift: Bool { path.hasSuffix(".swift") }
  var isC: Bool { path.hasSuffix(".c") || path.hasSuffix(".h") }
  var isTest: Bool { path.hasPrefix("Tests/") }
  /// The file's name without folders and without `.swift`.
  var name: String {
    String(path.split(separator: "/").last ?? "").replacingOccurrences(of: ".swift", with: "")
  }

  /// The target it belongs to: its folder in `Sources` or `Tests`, or what stands for that elsewhere.
  var target: String {
    let parts = path.split(separator: "/")
    guard parts.count > 1 else { return "" }
    switch parts[0] {
    case "examples": return parts.prefix(2).joined(separator: "/")
    case "Benchmarks": return "Benchmarks"
    default: return String(parts[1])
    }
  }

  /// The modules that a Swift file imports, with their lines.
  var imports: [(line: Int, module: String)] {
    code.indices.compactMap { index in
      let words = code[index].split(separator: " ")
      guard let keyword = words.firstIndex(of: "import"),
        words[..<keyword].allSatisfy({ Self.importPrefixes.contains(String($0)) }),
        let module = words[(keyword + 1)...].last
      else { return nil }
      return (index + 1, String(module))
    }
  }

  private static let importPrefixes: Set = [
    "package", "public", "internal", "private", "fileprivate", "@testable", "@preconcurrency",
    "@_exported",
  ]

  /// The number of each line of code that the pattern is found in.
  /// - Parameter words: lines without any of these are not looked at, which is what makes it fast.
  func codeLines(with words: String..., matching pattern: Regex<some Any>) -> [Int] {
    code.indices.filter { index in
      words.contains { code[index].contains($0) } && code[index].firstMatch(of: pattern) != nil
    }
    .map { $0 + 1 }
  }

  /// The number of each line, comments and strings too, that the pattern is found in.
  func rawLines(with words: String..., matching pattern: Regex<some Any>) -> [Int] {
    lines.indices.filter { index in
      words.contains { lines[index].contains($0) } && lines[index].firstMatch(of: pattern) != nil
    }
    .map { $0 + 1 }
  }
}
