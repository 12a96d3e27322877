// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A file that holds a root: which one it is, and how it is made into a directory.
struct ImageFile: Hashable, Sendable {
  enum Kind: Hashable, Sendable {
    /// tar(1), plain or compressed: unpacked.
    case archive
    /// A file system, by the kernel's name for it: mounted.
    case fileSystem(String)
  }

  let path: String
  let kind: Kind
  /// Another when the file was replaced or written to: what was made of the former is not taken for it.
  let key: String

  /// How much of a file tells what it is: ext4's and erofs' marks lie in its second kibibyte.
  private static let headBytes = 2048

  /// nil for a directory, which is a root as it is. Blocks.
  /// - Throws: `ImageError` where it is neither a directory nor an image.
  static func find(_ path: String) throws(ImageError) -> ImageFile? {
    do {
      // Not waiting: a pipe without a writer must not hold the agent.
      let fd = try Files.open(path, O_RDONLY | O_NONBLOCK)
      defer { close(fd) }
      var status = stat()
      guard fstat(fd, &status) == 0 else {
        throw StateError.file(call: "fstat", path: path, errno: errno)
      }
      switch status.st_mode & S_IFMT {
      case S_IFDIR: return nil
      case S_IFREG: break
      default: throw ImageError.notAnImage(path)
      }
      var head = [UInt8](repeating: 0, count: headBytes)
      let count = pread(fd, &head, head.count, 0)
      guard count >= 0 else { throw StateError.file(call: "read", path: path, errno: errno) }
      guard let kind = kind(of: Array(head[..<count])) else { throw ImageError.notAnImage(path) }
      let time = status.st_mtim
      return ImageFile(
        path: path, kind: kind,
        key: "\(status.st_dev)-\(status.st_ino)-\(status.st_size)-\(time.tv_sec).\(time.tv_nsec)")
    } catch let error as ImageError {
      throw error
    } catch {
      throw .failed("\(error)")
    }
  }

  /// By the marks that each format begins with: those of tar, gzip, bzip2, xz and zstd from file(1)'s tables, of squashfs,
  /// erofs and ext from the kernel's headers.
  static func kind(of head: [UInt8]) -> Kind? {
    func has(_ mark: [UInt8], at offset: Int) -> Bool { head.dropFirst(offset).starts(with: mark) }
    if has(Array("hsqs".utf8), at: 0) { return .fileSystem("squashfs") }
    if has([0xE2, 0xE1, 0xF5, 0xE0], at: 1024) { return .fileSystem("erofs") }
    if has([0x53, 0xEF], at: 1024 + 56) { return .fileSystem("ext4") }
    let archives: [(mark: [UInt8], offset: Int)] = [
      (Array("ustar".utf8), 257), ([0x1F, 0x8B], 0), (Array("BZh".utf8), 0),
      ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], 0), ([0x28, 0xB5, 0x2F, 0xFD], 0),
    ]
    return archives.contains { has($0.mark, at: $0.offset) } ? .archive : nil
  }
}

/// Why there is no root to run in.
enum ImageError: Error, Hashable, CustomStringConvertible {
  case notAnImage(String)
  case failed(String)

  var description: String {
    switch self {
    case .notAnImage(let path):
      "\(path) is neither a directory nor an image that is known here: a tar archive (plain, or "
        + "compressed with gzip, bzip2, xz or zstd), or a file system of squashfs, erofs or ext4"
    case .failed(let reason): reason
    }
  }
}
