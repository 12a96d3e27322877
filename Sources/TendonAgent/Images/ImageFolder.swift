// SPDX-License-Identifier: Apache-2.0

import CLinux
import FoundationEssentials
import Glibc
import TendonLinux
import TendonModel

/// One image made into a directory: `IMAGES/KEY/root`, with a file in `IMAGES/KEY/users` for each placement that may run
/// in it. All calls block, and are not made for one key from two threads.
///
/// What is not whole has another name: `KEY.partial` becomes `KEY` when all of it is on the disk.
struct ImageFolder: Sendable {
  static let partial = ".partial"

  let path: String

  var root: String { path + "/root" }
  private var users: String { path + "/users" }

  /// What a root needs to be given its own of, and an archive may lack.
  private static let mountPoints = ["proc", "dev", "sys", "run", "tmp"]

  /// Makes it unless it is there, and notes that `epoch` runs in it.
  func prepare(_ image: ImageFile, for epoch: Epoch) throws(ImageError) {
    do {
      if access(path, F_OK) != 0 { try make(image) }
      try note(epoch)
      guard case .fileSystem(let type) = image.kind, try !isMounted() else { return }
      try mount(image, type)
    } catch let error as ImageError {
      throw error
    } catch {
      throw .failed("\(error)")
    }
  }

  private func make(_ image: ImageFile) throws {
    let unfinished = ImageFolder(path: path + Self.partial)
    try unfinished.remove()
    // Closed to users: what an archive holds of other users' may be for nobody else's eyes.
    try Files.makeDirectory(unfinished.users, mode: 0o700)
    try Files.makeDirectory(unfinished.root)
    try Files.setMode(unfinished.path, 0o700)
    do {
      if image.kind == .archive { try unfinished.unpack(image) }
      try unfinished.sync()
      try Files.rename(unfinished.path, to: path)
    } catch {
      // What is left is removed with the next try, or with what is not used; the first error is the one that counts.
      try? unfinished.remove()
      throw error
    }
  }

  private func unpack(_ image: ImageFile) throws {
    let messages = path + "/messages"
    // tar itself keeps names with .. out, and makes links that lead out of the directory only when all else is there.
    try ImageTool.run(
      [
        "tar", "--extract", "--file", image.path, "--directory", root, "--numeric-owner",
        "--same-owner", "--preserve-permissions",
      ], messages: messages)
    // A node for the host's disk in an archive would be a way to it.
    try ImageTool.run(
      ["find", root, "-xdev", "(", "-type", "b", "-o", "-type", "c", ")", "-delete"],
      messages: messages)
    for name in Self.mountPoints where access("\(root)/\(name)", F_OK) != 0 {
      // A link that leads nowhere is as good: then it goes without.
      try? Files.makeDirectory("\(root)/\(name)")
    }
  }

  /// After a power loss a directory that has its name is whole.
  private func sync() throws {
    let fd = try Files.openDirectory(path)
    defer { close(fd) }
    let answer = tendon_syncfs(fd)
    guard answer == 0 else {
      throw StateError.file(call: "syncfs", path: path, errno: -answer)
    }
  }

  private func mount(_ image: ImageFile, _ type: String) throws(ImageError) {
    // ext4 would replay its journal, which writes.
    let options = "ro,loop,nodev" + (type == "ext4" ? ",noload" : "")
    try ImageTool.run(
      ["mount", "-t", type, "-o", options, image.path, root], messages: path + "/messages")
  }

  private func isMounted() throws -> Bool {
    try MountTable.current().entries.contains { $0.mountPoint == root }
  }

  private func note(_ epoch: Epoch) throws {
    close(try Files.open("\(users)/\(epoch)", O_WRONLY | O_CREAT))
  }

  /// Forgets the placements that are gone.
  /// - Returns: since when nobody runs in it; nil where somebody does.
  func unusedSince(present: Set<Epoch>) throws(StateError) -> Timestamp? {
    for name in try Files.names(in: users) {
      if let number = UInt64(name), present.contains(Epoch(number)) { continue }
      try Files.remove("\(users)/\(name)")
    }
    guard try Files.names(in: users).isEmpty else { return nil }
    var status = stat()
    guard stat(users, &status) == 0 else { return Timestamp(millisecondsSinceEpoch: 0) }
    return Timestamp(
      millisecondsSinceEpoch: Int64(status.st_mtim.tv_sec) * 1000
        + Int64(status.st_mtim.tv_nsec) / 1_000_000)
  }

  /// Unmounts and removes it; fine when it is not there.
  func remove() throws {
    guard access(path, F_OK) == 0 else { return }
    if try isMounted() {
      guard umount2(root, 0) == 0 else {
        throw StateError.file(call: "umount", path: root, errno: errno)
      }
    }
    try FileManager.default.removeItem(atPath: path)
  }
}
