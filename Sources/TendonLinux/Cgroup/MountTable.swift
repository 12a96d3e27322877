// SPDX-License-Identifier: Apache-2.0

/// One line of `/proc/self/mountinfo` (proc(5)).
package struct MountEntry: Hashable, Sendable {
  /// What of the mounted file system is seen at `mountPoint`.
  package let root: String
  package let mountPoint: String
  package let fileSystem: String
  package let source: String
  package let superOptions: [String]
}

/// The mounts this process sees.
package struct MountTable: Hashable, Sendable {
  package static let path = "/proc/self/mountinfo"

  /// In the order of the file: of two with the same mount point the later hides the earlier.
  package let entries: [MountEntry]

  package init(parsing text: String) throws(KernelFileError) {
    var entries: [MountEntry] = []
    for line in text.split(separator: "\n") {
      guard let entry = Self.entry(line) else {
        throw .notAsExpected(Self.path, line, "a line of mount information")
      }
      entries.append(entry)
    }
    self.entries = entries
  }

  /// The mounts right now.
  package static func current() throws(KernelFileError) -> MountTable {
    try MountTable(parsing: KernelFile.read(path) ?? "")
  }

  /// `id parent major:minor root point options [optional…] - type source superoptions`.
  private static func entry(_ line: Substring) -> MountEntry? {
    let fields = line.split(separator: " ", omittingEmptySubsequences: false)
    guard fields.count >= 9, let dash = fields.dropFirst(6).firstIndex(of: "-"),
      fields.count > dash + 2
    else { return nil }
    // The source may be empty (a mount of "") and the options then follow two blanks.
    return MountEntry(
      root: unescaped(fields[3]), mountPoint: unescaped(fields[4]),
      fileSystem: String(fields[dash + 1]), source: unescaped(fields[dash + 2]),
      superOptions: (fields.last ?? "").split(separator: ",").map(String.init))
  }

  /// The kernel writes blank, tab, newline and backslash as three octal digits after a backslash.
  static func unescaped(_ text: Substring) -> String {
    guard text.utf8.contains(UInt8(ascii: "\\")) else { return String(text) }
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.first {
      let digits = rest.dropFirst().prefix(3)
      if byte == UInt8(ascii: "\\"), digits.count == 3,
        let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
      {
        bytes.append(value)
        rest = rest.dropFirst(4)
      } else {
        bytes.append(byte)
        rest = rest.dropFirst()
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The mount that holds `path`, which must be absolute and without `..`.
  package func mount(holding path: String) -> MountEntry? {
    entries.last { entry in
      let point = entry.mountPoint
      let isInside = point == "/" || path == point || path.hasPrefix(point + "/")
      return isInside
        && !entries.contains { other in
          other.mountPoint.utf8.count > point.utf8.count
            && (path == other.mountPoint || path.hasPrefix(other.mountPoint + "/"))
        }
    }
  }
}
