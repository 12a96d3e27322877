// SPDX-License-Identifier: Apache-2.0

import Glibc
import TendonLinux
import Testing

@testable import TendonAgent
@testable import TendonModel

@Suite(.enabled(if: geteuid() == 0), .timeLimit(.minutes(1))) struct ImageTests {
  private let folder: ScratchFolder
  private let blocking = Blocking.start(threads: 2)
  private let store: ImageStore
  private var images: String { folder.path + "/images" }
  private var archive: String { folder.path + "/app.tar" }

  init() throws {
    folder = try ScratchFolder()
    store = ImageStore(directory: folder.path + "/images", blocking: blocking)
  }

  /// Makes an archive of `hello`, with the text, in `bin`.
  private func make(_ text: String, _ more: String = "", options: String = "") throws {
    try run(
      "mkdir -p tree/bin && echo \(text) > tree/bin/hello && \(more.isEmpty ? ":" : more) && "
        + "tar \(options) -C tree -cf app.tar .")
  }

  private func run(_ script: String) throws {
    try ImageTool.run(
      ["sh", "-c", "cd \(folder.path) && \(script)"], messages: folder.path + "/said")
  }

  private func text(_ path: String) throws -> String {
    String(decoding: try Files.read(path), as: UTF8.self)
  }

  @Test("What a file is, is told by its first bytes.")
  func kinds() {
    func head(_ bytes: [UInt8], at offset: Int) -> [UInt8] {
      [UInt8](repeating: 0, count: offset) + bytes + [0, 0, 0]
    }
    let cases: [([UInt8], ImageFile.Kind?)] = [
      (head(Array("ustar".utf8), at: 257), .archive), (head([0x1F, 0x8B], at: 0), .archive),
      (head([0x28, 0xB5, 0x2F, 0xFD], at: 0), .archive),
      (head(Array("hsqs".utf8), at: 0), .fileSystem("squashfs")),
      (head([0xE2, 0xE1, 0xF5, 0xE0], at: 1024), .fileSystem("erofs")),
      (head([0x53, 0xEF], at: 1080), .fileSystem("ext4")),
      (head([0x53, 0xEF], at: 1079), nil), ([], nil), (Array("#!/bin/sh".utf8), nil),
    ]
    for (head, kind) in cases { #expect(ImageFile.kind(of: head) == kind) }
  }

  @Test(
    "An archive is unpacked once for all that run in it, whatever it was compressed with.",
    arguments: ["", "--gzip", "--xz", "--zstd"])
  func unpacked(options: String) async throws {
    try make("one", "chmod 751 tree/bin", options: options)
    let root = try #require(try await store.root(at: archive, for: Epoch(1)))
    #expect(try text(root + "/bin/hello") == "one\n")
    var status = stat()
    #expect(stat(root + "/bin", &status) == 0 && status.st_mode & 0o777 == 0o751)
    for name in ["proc", "dev", "sys", "run", "tmp"] {
      #expect(access("\(root)/\(name)", F_OK) == 0)
    }
    // A file that is put there stays: it is not unpacked again.
    try run("echo > \(root)/mark")
    #expect(try await store.root(at: archive, for: Epoch(2)) == root)
    #expect(access(root + "/mark", F_OK) == 0)
    #expect(try Files.names(in: images).count == 1)
  }

  @Test("Starts at the same time wait for one unpacking, and get the same directory.")
  func together() async throws {
    try make("one")
    let (store, archive) = (store, archive)
    let roots = try await withThrowingTaskGroup(of: String?.self) { group in
      for epoch in UInt64(1)...20 {
        group.addTask { try await store.root(at: archive, for: Epoch(epoch)) }
      }
      return try await group.reduce(into: Set()) { $0.insert($1) }
    }
    #expect(roots.count == 1)
    #expect(try Files.names(in: images).count == 1)
  }

  @Test("A new file under the same name is another image; a directory is none.")
  func replaced() async throws {
    try make("one")
    let first = try #require(try await store.root(at: archive, for: Epoch(1)))
    try run("rm app.tar")
    try make("another")
    let second = try #require(try await store.root(at: archive, for: Epoch(2)))
    #expect(try text(first + "/bin/hello") == "one\n")
    #expect(try text(second + "/bin/hello") == "another\n")
    #expect(try await store.root(at: folder.path + "/tree", for: Epoch(3)) == nil)
  }

  @Test(
    "An archive with names that lead out is refused whole, and nodes of devices are not unpacked.")
  func hostile() async throws {
    try run(
      "mkdir -p tree && echo x > evil && tar -C tree -Pcf app.tar ../evil && echo kept > evil")
    let (store, archive) = (store, archive)
    let error = await #expect(throws: ImageError.self) {
      _ = try await store.root(at: archive, for: Epoch(1))
    }
    #expect(error?.description.contains("Member name contains '..'") == true, "\(error as Any)")
    #expect(try text(folder.path + "/evil") == "kept\n")
    #expect(try Files.names(in: images).isEmpty)
    try run("ln -s \(folder.path) tree/link; mknod tree/disk b 8 0; tar -C tree -cf app.tar .")
    let root = try #require(try await store.root(at: archive, for: Epoch(1)))
    #expect(access(root + "/disk", F_OK) != 0)
    var status = stat()
    #expect(lstat(root + "/link", &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
  }

  @Test("An archive that is broken is told with tar's words, leaves nothing, and can be mended.")
  func broken() async throws {
    try make("one", "dd if=/dev/urandom of=tree/big bs=64k count=4 2>/dev/null", options: "--gzip")
    try run("truncate -s 100000 app.tar")
    let (store, archive) = (store, archive)
    let error = await #expect(throws: ImageError.self) {
      _ = try await store.root(at: archive, for: Epoch(1))
    }
    #expect(error?.description.hasPrefix("tar exited with status 2: ") == true, "\(error as Any)")
    #expect(try Files.names(in: images).isEmpty)
    try run("rm app.tar")
    try make("two")
    let root = try #require(try await store.root(at: archive, for: Epoch(2)))
    #expect(try text(root + "/bin/hello") == "two\n")
  }

  @Test("What an agent left half unpacked when it ended is not used.")
  func halfDone() async throws {
    try make("one")
    let key = try #require(try ImageFile.find(archive)).key
    try run("mkdir -p images/\(key).partial/root/bin && echo > images/\(key).partial/root/wrong")
    let root = try #require(try await store.root(at: archive, for: Epoch(1)))
    #expect(access(root + "/wrong", F_OK) != 0)
    #expect(try text(root + "/bin/hello") == "one\n")
  }

  private func after(_ seconds: Int64) -> Timestamp {
    Timestamp(millisecondsSinceEpoch: HostClock.wall.millisecondsSinceEpoch + seconds * 1000)
  }

  @Test("An image goes an hour after the last placement that ran in it, and not before.")
  func sweep() async throws {
    try make("one")
    let root = try #require(try await store.root(at: archive, for: Epoch(1)))
    _ = try await store.root(at: archive, for: Epoch(2))
    try run("mkdir -p images/gone.partial/root")
    #expect(await store.sweep(present: [Epoch(2), Epoch(3)], now: after(3700)) == [])
    #expect(
      try Files.names(in: images).count == 1, "what was half done is gone, what is used is not")
    #expect(await store.sweep(present: [], now: after(3500)) == [])
    #expect(access(root + "/bin/hello", F_OK) == 0)
    #expect(await store.sweep(present: [], now: after(3700)) == [])
    #expect(try Files.names(in: images).isEmpty)
  }
}
