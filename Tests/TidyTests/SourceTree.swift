// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The repository's files as they are on disk.
enum SourceTree {
  private static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private static let folders = ["Sources", "Tests", "Benchmarks", "examples"]
  private static let single = ["Package.swift", "Makefile", "README.md", ".ci/run"]
  private static let textExtensions: Set = [
    "swift", "c", "h", "yaml", "md", "css", "html", "json", "sh", "",
  ]

  /// Every text file, by path; read once.
  static let files: [SourceFile] = {
    do {
      return try read()
    } catch {
      preconditionFailure("the source tree cannot be read: \(error)")
    }
  }()

  static let swift = files.filter(\.isSwift)

  static func file(_ path: String) -> SourceFile? { files.first { $0.path == path } }

  private static func read() throws -> [SourceFile] {
    var paths = single
    for folder in folders {
      let names = try FileManager.default.subpathsOfDirectory(
        atPath: root.appending(path: folder).path)
      paths += names.filter { !$0.contains("/.") && !$0.hasPrefix(".") }.map { "\(folder)/\($0)" }
    }
    return try paths.sorted().compactMap { path in
      let url = root.appending(path: path)
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder),
        !isFolder.boolValue, textExtensions.contains(url.pathExtension)
      else { return nil }
      return SourceFile(path: path, text: try String(contentsOf: url, encoding: .utf8))
    }
  }
}
