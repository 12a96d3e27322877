// SPDX-License-Identifier: Apache-2.0

import Glibc
import TendonModel

/// The end of what one run of an instance wrote.
enum OutputTail {
  private static let mostLines = 8
  private static let longestLine = 200
  private static let bytesRead = 4096

  /// The last lines of stderr, or of stdout where stderr has none. Blocks.
  /// - Parameter starts: how long each file was when the run began; of a file that is shorter by now, all counts.
  static func lines(
    of logs: LogFiles, _ instance: InstanceID, _ epoch: Epoch, since starts: [Int64]
  ) throws(StateError) -> [String] {
    for (index, stream) in [LogRequest.Stream.stdout, .stderr].enumerated().reversed() {
      let path = logs.path(of: instance, epoch, stream)
      let lines = try lines(of: path, since: index < starts.count ? starts[index] : 0)
      if !lines.isEmpty { return lines }
    }
    return []
  }

  private static func lines(of path: String, since start: Int64) throws(StateError) -> [String] {
    let file: Int32
    do {
      file = try Files.open(path, O_RDONLY)
    } catch {
      if case .file(_, _, ENOENT) = error { return [] }
      throw error
    }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else {
      throw .file(call: "fstat", path: path, errno: errno)
    }
    let end = Int64(status.st_size)
    let begin = end < start ? 0 : start
    let from = max(begin, end - Int64(bytesRead))
    var bytes = [UInt8](repeating: 0, count: Int(end - from))
    let count = pread(file, &bytes, bytes.count, Int(from))
    guard count >= 0 else { throw .file(call: "read", path: path, errno: errno) }
    var lines = String(decoding: bytes[..<count], as: UTF8.self)
      .split(whereSeparator: \.isNewline).map { cleaned($0) }.filter { !$0.isEmpty }
    // Its beginning was not read.
    if from > begin, lines.count > 1 { lines.removeFirst() }
    return Array(lines.suffix(mostLines))
  }

  /// For one line of a terminal: no control characters, and not too long.
  private static func cleaned(_ line: Substring) -> String {
    let scalars = line.unicodeScalars.filter { $0.value >= 32 && $0.value != 127 }
    let text = String(String.UnicodeScalarView(scalars.prefix(longestLine)))
    return scalars.count > longestLine ? text + "…" : text
  }

  /// How long the files of both streams are.
  static func sizes(of descriptors: [Int32]) -> [Int64] {
    descriptors.map { descriptor in
      var status = stat()
      // A pipe or a terminal has no size, and neither a file that cannot be asked.
      return fstat(descriptor, &status) == 0 ? Int64(status.st_size) : 0
    }
  }
}
