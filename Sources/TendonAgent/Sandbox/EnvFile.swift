// SPDX-License-Identifier: Apache-2.0

/// A file of variables: `NAME=value` lines, where the value is the rest of the line as it stands. Empty lines and
/// lines that begin with `#` are passed over.
package struct EnvFile: Hashable, Sendable {
  /// In the order of the file.
  package var variables: [Variable]

  package struct Variable: Hashable, Sendable {
    package var name: String
    package var value: String
    /// From 1.
    package var line: Int
  }

  /// - Throws: with the path, the line and what is wrong with it; never with the value.
  package init(_ bytes: [UInt8], path: String) throws(EnvFileError) {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw EnvFileError(path: path, line: nil, reason: "is not UTF-8")
    }
    guard !bytes.contains(0) else {
      throw EnvFileError(path: path, line: nil, reason: "has a zero byte")
    }
    variables = []
    let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    for (index, line) in lines.enumerated() {
      guard let first = line.first(where: { $0 != " " && $0 != "\t" }), first != "#" else {
        continue
      }
      guard let equals = line.firstIndex(of: "=") else {
        throw EnvFileError(path: path, line: index + 1, reason: "is no NAME=value")
      }
      let name = String(line[..<equals])
      guard Self.isName(name) else {
        throw EnvFileError(
          path: path, line: index + 1,
          reason: "what stands before = is no variable's name: letters, digits and '_', "
            + "not beginning with a digit")
      }
      let value = String(line[line.index(after: equals)...])
      variables.append(Variable(name: name, value: value, line: index + 1))
    }
  }

  private static func isName(_ name: String) -> Bool {
    guard let first = name.utf8.first, !(48...57).contains(first) else { return false }
    return name.utf8.allSatisfy { byte in
      (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
        || byte == 95
    }
  }
}

/// What is wrong with a file of variables.
package struct EnvFileError: Error, Hashable, CustomStringConvertible {
  package var path: String
  package var line: Int?
  package var reason: String

  package var description: String {
    line.map { "\(path):\($0): \(reason)" } ?? "\(path): \(reason)"
  }
}
