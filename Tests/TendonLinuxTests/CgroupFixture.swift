// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import TendonLinux

/// A folder of plain files that stands for a cgroup (or for `/proc`, `/sys`); gone when it is released.
final class CgroupFixture: Sendable {
  let path: String

  init(_ files: [String: String] = [:]) {
    var template = Array("/tmp/tendon-fixture-XXXXXX".utf8CString)
    let made = template.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!) }
    precondition(made != nil, "mkdtemp failed: \(errno)")
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    for (name, text) in files { put(text, in: name) }
  }

  deinit { Self.remove(path) }

  /// Writes a file, making the folders it lies in.
  func put(_ text: String, in name: String) {
    var folder = path
    for part in name.split(separator: "/").dropLast() {
      folder += "/\(part)"
      mkdir(folder, 0o755)
    }
    let file = creat("\(path)/\(name)", 0o644)
    precondition(file >= 0, "creat \(path)/\(name) failed: \(errno)")
    var text = text
    let count = text.withUTF8 { write(file, $0.baseAddress, $0.count) }
    precondition(count == text.utf8.count)
    close(file)
  }

  func text(_ name: String) -> String? {
    do { return try KernelFile.read("\(path)/\(name)") } catch { preconditionFailure("\(error)") }
  }

  func remove(_ name: String) { unlink("\(path)/\(name)") }

  private static func remove(_ path: String) {
    if unlink(path) == 0 { return }
    guard let folder = opendir(path) else { return }
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { remove("\(path)/\(name)") }
    }
    closedir(folder)
    rmdir(path)
  }

  /// The files of a fresh leaf, as kernel 6.1 makes them.
  static let leafFiles = [
    "cgroup.events": "populated 0\nfrozen 0\n", "cgroup.procs": "", "cpu.weight": "100\n",
    "cpu.max": "max 100000\n", "cpu.max.burst": "0\n", "memory.min": "0\n",
    "memory.low": "0\n", "memory.high": "max\n", "memory.swap.max": "max\n",
    "memory.swap.current": "0\n",
    "memory.max": "max\n", "memory.oom.group": "0\n", "memory.current": "1048576\n",
    "memory.peak": "2097152\n", "memory.events": "low 0\nhigh 7\nmax 0\noom 0\noom_kill 0\n",
    "memory.reclaim": "", "pids.max": "max\n", "pids.current": "3\n", "io.max": "",
    "io.stat": "", "io.weight": "default 100\n",
    "cpu.stat": "usage_usec 1234567\nuser_usec 1\nsystem_usec 2\n"
      + "nr_periods 31\nnr_throttled 30\nthrottled_usec 1480000\n",
  ]
}
