// SPDX-License-Identifier: Apache-2.0

/// A file that holds one secret on one line.
package enum TokenFile {
  /// The text without white space around it.
  /// - Throws: `malformed` when it is empty or not visible ASCII.
  package static func read(_ path: String) throws(StateError) -> String {
    var bytes = try Files.read(path)[...]
    let isSpace: (UInt8) -> Bool = { $0 == 10 || $0 == 13 || $0 == 32 || $0 == 9 }
    while let last = bytes.last, isSpace(last) { bytes.removeLast() }
    while let first = bytes.first, isSpace(first) { bytes.removeFirst() }
    guard !bytes.isEmpty, bytes.allSatisfy({ (33...126).contains($0) }) else {
      throw .badToken(path: path)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
