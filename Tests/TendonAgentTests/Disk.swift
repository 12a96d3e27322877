// SPDX-License-Identifier: Apache-2.0

import Glibc

@testable import TendonAgent
@testable import TendonLinux

/// A small file system in memory of a test's own, which can be full or only be read.
final class Disk {
  private let folder: ScratchFolder
  var path: String { folder.path }

  private init(bytes: Int) throws {
    folder = try ScratchFolder()
    guard mount("tendon-test", folder.path, "tmpfs", 0, "size=\(bytes),mode=0700") == 0 else {
      throw HarnessFault("mount tmpfs on \(folder.path): \(errnoText(errno))")
    }
  }

  /// Stays mounted no longer than `body` runs.
  static func with(bytes: Int, _ body: (Disk) throws -> Void) throws {
    let disk = try Disk(bytes: bytes)
    defer { disk.unmount() }
    try body(disk)
  }

  static func with(bytes: Int, _ body: (Disk) async throws -> Void) async throws {
    let disk = try Disk(bytes: bytes)
    defer { disk.unmount() }
    try await body(disk)
  }

  private func unmount() { umount2(path, Int32(MNT_DETACH)) }

  /// Writes a file until nothing more goes in.
  /// - Returns: its path; removing it makes room again.
  func fill() throws -> String {
    let file = path + "/ballast"
    let fd = try Files.open(file, O_WRONLY | O_CREAT)
    defer { close(fd) }
    for size in [4096, 1] {
      let chunk = [UInt8](repeating: 0, count: size)
      while write(fd, chunk, size) > 0 {}
    }
    return file
  }

  func setReadOnly(_ isReadOnly: Bool) throws {
    let flags = UInt(MS_REMOUNT) | (isReadOnly ? UInt(MS_RDONLY) : 0) | UInt(MS_BIND)
    // As a bind mount, which is read-only for files that are open for writing too.
    if isReadOnly, mount(path, path, nil, UInt(MS_BIND), nil) != 0 {
      throw HarnessFault("bind \(path): \(errnoText(errno))")
    }
    guard isReadOnly else {
      guard umount2(path, Int32(MNT_DETACH)) == 0 else {
        throw HarnessFault("umount \(path): \(errnoText(errno))")
      }
      return
    }
    guard mount(nil, path, nil, flags, nil) == 0 else {
      throw HarnessFault("remount \(path): \(errnoText(errno))")
    }
  }
}
