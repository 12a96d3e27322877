// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
import SystemPackage
import TendonLinux
import TendonModel

/// Runs a program of the host's to its end, for what it says about why it failed. Blocks.
enum ImageTool {
  /// What of its words goes into an error.
  private static let longestComplaint = 600
  private static let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

  /// - Parameter messages: a file for what it writes; emptied before, removed after.
  /// - Throws: where it can't be started or does not end well, with what it wrote.
  static func run(_ arguments: [String], messages: String) throws(ImageError) {
    let name = arguments.first ?? ""
    do {
      let fd = try Files.open(messages, O_RDWR | O_CREAT | O_TRUNC)
      defer { close(fd) }
      var command = ChildProcess.Command(
        arguments: arguments, environment: ["LANG=C.UTF-8", "PATH=\(path)"])
      command.directory = "/"
      command.output = FileDescriptor(rawValue: fd)
      command.error = FileDescriptor(rawValue: fd)
      let status = try ChildProcess(command).wait()
      defer { unlink(messages) }
      guard status != .exited(code: 0) else { return }
      let said = String(decoding: try Files.read(messages).prefix(longestComplaint), as: UTF8.self)
      let words = said.split(separator: "\n").joined(separator: "; ")
      throw ImageError.failed("\(name) \(status)\(words.isEmpty ? "" : ": \(words)")")
    } catch let error as ImageError {
      throw error
    } catch {
      throw .failed("\(name): \(error)")
    }
  }
}
