// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
package import TendonModel

/// The time zones that a machine has, as TZif files below one folder.
package struct TimeZoneFolder: Sendable {
  /// Where Debian's tzdata and most others put them.
  package static let system = TimeZoneFolder(path: "/usr/share/zoneinfo")

  package var path: String

  package init(path: String) { self.path = path }

  /// Whether a text can be a zone's name: no path out of the folder, and none of the folder's other files, which
  /// begin with small letters.
  package static func isName(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    return parts.allSatisfy { part in
      guard let first = part.utf8.first else { return false }
      return (65...90).contains(first)
        && part.utf8.allSatisfy { byte in
          switch byte {
          case 48...57, 65...90, 97...122: true
          default: "_+-".utf8.contains(byte)
          }
        }
    }
  }

  /// Whether it is certain that there is no such zone: a machine without any knows none.
  package func lacks(_ name: String) -> Bool {
    let files = FileManager.default
    if name == "UTC" || !files.fileExists(atPath: path) { return false }
    var isFolder = false
    return !files.fileExists(atPath: "\(path)/\(name)", isDirectory: &isFolder) || isFolder
  }

  /// Reads a zone's file; blocks.
  /// - Throws: `TimeZoneError` that names the file.
  package func rules(of name: String) throws(TimeZoneError) -> TimeZoneRules {
    if name == "UTC" { return .utc }
    let file = "\(path)/\(name)"
    let bytes: [UInt8]
    do {
      guard Self.isName(name) else { throw TimeZoneError(file: file, reason: "is no zone's name") }
      bytes = [UInt8](try Data(contentsOf: URL(filePath: file)))
    } catch {
      throw (error as? TimeZoneError)
        ?? TimeZoneError(file: file, reason: "cannot be read; is the package tzdata installed?")
    }
    do throws(TZifError) {
      return try TimeZoneRules(tzif: bytes)
    } catch {
      throw TimeZoneError(file: file, reason: "is not a time zone: \(error)")
    }
  }
}

/// Why a time zone is not known.
package struct TimeZoneError: Error, Hashable, Sendable, CustomStringConvertible {
  package var file: String
  package var reason: String

  package var description: String { "\(file) \(reason)" }
}
