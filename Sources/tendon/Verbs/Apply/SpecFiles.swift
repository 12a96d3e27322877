// SPDX-License-Identifier: Apache-2.0
import Foundation
import TendonModel
import TendonSpec

/// The spec texts that `-f` names.
struct SpecFiles {
  static let extensions = [".yaml", ".yml", ".json"]
  /// The most bytes of one file.
  static let largestFile = 16 << 20

  private(set) var sources: [SpecSource] = []
  /// What cannot be read.
  private(set) var errors: [ErrorDetail] = []

  /// - Parameters:
  ///   - paths: files, folders (their YAML and JSON files, by name, not those in folders below), or `-`.
  ///   - standardInput: reads standard input to its end.
  init(_ paths: [String], standardInput: () throws -> Data) {
    var seen: Set<String> = []
    for path in paths where seen.insert(path).inserted {
      if path == "-" {
        read("stdin", standardInput)
      } else if Self.isFolder(path) {
        readFolder(path)
      } else {
        readFile(path)
      }
    }
  }

  /// The specs of files, folders and standard input.
  /// - Throws: `CLIError.badSpecs` with all that is wrong.
  static func specs(_ paths: [String]) throws -> [ServiceSpec] {
    let files = Self(paths) { try FileHandle.standardInput.readToEnd() ?? Data() }
    let parsed = SpecParser.parse(files.sources)
    let errors = files.errors + parsed.errors
    guard errors.isEmpty else { throw CLIError.badSpecs(errors) }
    return parsed.specs
  }

  private mutating func readFolder(_ path: String) {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: path)
    } catch {
      return fail(path, "cannot be read: \(FileFault.reason(error))")
    }
    let prefix = path.hasSuffix("/") ? path : path + "/"
    let files = names.filter { name in
      !name.hasPrefix(".") && Self.extensions.contains { name.hasSuffix($0) }
        && !Self.isFolder(prefix + name)
    }
    if files.isEmpty { fail(path, "is a folder without .yaml, .yml or .json files") }
    for file in files.sorted() { readFile(prefix + file) }
  }

  private mutating func readFile(_ path: String) {
    read(path) { try Data(contentsOf: URL(filePath: path)) }
  }

  private mutating func read(_ name: String, _ data: () throws -> Data) {
    do {
      let data = try data()
      guard data.count <= Self.largestFile else {
        return fail(name, "is larger than \(Self.largestFile >> 20) MiB")
      }
      guard let text = String(validating: data, as: UTF8.self) else {
        return fail(name, "is not UTF-8 text")
      }
      sources.append(SpecSource(name: name, text: text))
    } catch {
      fail(name, "cannot be read: \(FileFault.reason(error))")
    }
  }

  private mutating func fail(_ name: String, _ message: String) {
    errors.append(ErrorDetail(file: name, message: message))
  }

  private static func isFolder(_ path: String) -> Bool {
    var isFolder = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder
  }
}
