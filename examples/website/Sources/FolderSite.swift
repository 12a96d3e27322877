// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore

/// The files of a folder. Nothing outside it is served, whatever a path or a link says, and nothing
/// whose name begins with a dot.
struct FolderSite: Site {
  /// A file larger than this is refused rather than read into memory.
  private static let largestFile = 64 << 20

  /// Absolute, without links, without a final slash.
  private let root: String

  /// Why a file that is there is not served.
  struct Fault: Error, CustomStringConvertible {
    let path: String
    let problem: String

    var description: String { "\(path): \(problem)" }
  }

  /// Nil when there is no such folder.
  init?(_ path: String) {
    guard let root = Self.resolved(path), Self.kind(of: root) == S_IFDIR else { return nil }
    self.root = root == "/" ? "" : root
  }

  func entry(at path: String) throws -> SiteEntry {
    let steps = path.split(separator: "/")
    guard !path.unicodeScalars.contains("\0"), !steps.contains(where: { $0.hasPrefix(".") })
    else { return .nothing }
    guard let file = Self.resolved(root + "/" + steps.joined(separator: "/")),
      file == root || file.hasPrefix(root + "/")
    else { return .nothing }
    switch Self.kind(of: file) {
    case S_IFDIR where path.hasSuffix("/"):
      guard let index = Self.resolved(file + "/index.html"), index.hasPrefix(root + "/"),
        Self.kind(of: index) == S_IFREG
      else { return .nothing }
      return .file(try Self.contents(of: index))
    case S_IFDIR: return .folder
    case S_IFREG where !path.hasSuffix("/"): return .file(try Self.contents(of: file))
    default: return .nothing
    }
  }

  /// The path without links and dots; nil when there is nothing.
  private static func resolved(_ path: String) -> String? {
    guard let text = realpath(path, nil) else { return nil }
    defer { free(text) }
    return String(cString: text)
  }

  /// The file type bits; nil when there is nothing.
  private static func kind(of path: String) -> mode_t? {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
  }

  private static func contents(of path: String) throws -> ByteBuffer {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { throw fault(path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw fault(path) }
    guard status.st_size <= largestFile else {
      throw Fault(path: path, problem: "has more than \(largestFile) bytes")
    }
    var buffer = ByteBufferAllocator().buffer(capacity: Int(status.st_size))
    while buffer.readableBytes <= largestFile {
      var failure: Fault?
      let count = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: 16_384) {
        let count = read(descriptor, $0.baseAddress, $0.count)
        if count < 0 { failure = fault(path) }
        return max(0, count)
      }
      if let failure { throw failure }
      if count == 0 { return buffer }
    }
    throw Fault(path: path, problem: "has more than \(largestFile) bytes")
  }

  private static func fault(_ path: String) -> Fault {
    Fault(path: path, problem: String(cString: strerror(errno)))
  }
}
