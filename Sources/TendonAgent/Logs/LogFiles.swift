// SPDX-License-Identifier: Apache-2.0

import Glibc
import TendonCore
package import TendonModel

/// Where instances write: `LOGDIR/INSTANCE/EPOCH.stdout` and `.stderr`, and beside them the agent's `EPOCH.marks`.
/// The files are opened here and handed to the process; nothing of ours stands between. The newest epochs of an
/// instance stay when it is gone.
package struct LogFiles: Sendable {
  package let directory: String

  package init(directory: String) { self.directory = directory }

  package func path(
    of instance: InstanceID, _ epoch: Epoch, _ stream: LogRequest.Stream
  ) -> String { "\(directory)/\(instance)/\(epoch).\(stream.rawValue)" }

  func marks(of instance: InstanceID, _ epoch: Epoch) -> LogMarks {
    LogMarks(path: "\(directory)/\(instance)/\(epoch).marks")
  }

  /// Opened for appending. Blocks; the caller closes it.
  func open(
    _ instance: InstanceID, _ epoch: Epoch, _ stream: LogRequest.Stream
  ) throws(StateError) -> Int32 {
    var isFirst = false
    return try open(instance, epoch, stream, isFirst: &isFirst)
  }

  /// - Parameter isFirst: set where nothing was left here by the instance before.
  func open(
    _ instance: InstanceID, _ epoch: Epoch, _ stream: LogRequest.Stream, isFirst: inout Bool
  ) throws(StateError) -> Int32 {
    let path = path(of: instance, epoch, stream)
    do throws(StateError) {
      return try Files.open(path, O_WRONLY | O_CREAT | O_APPEND, mode: 0o644)
    } catch .file(_, _, ENOENT) {
      isFirst = true
      try Files.makeDirectory("\(directory)/\(instance)")
      return try Files.open(path, O_WRONLY | O_CREAT | O_APPEND, mode: 0o644)
    }
  }

  /// Notes that a process is about to be started: what is written from here on is another run's. The first run, which
  /// begins where the files do, needs no note until there is a second. Blocks.
  /// - Parameter runsBefore: of the same placement.
  func runStarts(
    _ instance: InstanceID, _ epoch: Epoch, at now: Timestamp, sizes: LogSizes, runsBefore: Int
  ) throws(StateError) {
    if runsBefore == 0, sizes == LogSizes() { return }
    let marks = marks(of: instance, epoch)
    if runsBefore == 1, try !marks.all().contains(where: \.isStart) {
      try marks.append(LogMark(at: now, isStart: true, sizes: LogSizes()))
    }
    try marks.append(LogMark(at: now, isStart: true, sizes: sizes))
  }

  /// What was ever written to each; 0 where nothing was. Blocks.
  func sizes(of instance: InstanceID, _ epoch: Epoch) throws(StateError) -> LogSizes {
    var sizes = LogSizes()
    for stream in LogRequest.Stream.allCases {
      sizes[stream] = try LogFile.size(path(of: instance, epoch, stream))?.logical ?? 0
    }
    return sizes
  }

  /// The epochs that have left anything, in order. Blocks.
  func epochs(of instance: InstanceID) throws(StateError) -> [Epoch] {
    Set(try Files.names(in: "\(directory)/\(instance)").compactMap(Self.epoch)).sorted()
      .map { Epoch($0) }
  }

  /// The space that each file takes. Blocks.
  func usage(of instance: InstanceID) throws(StateError) -> [LogBudget.File] {
    var files: [LogBudget.File] = []
    for epoch in try epochs(of: instance) {
      for stream in LogRequest.Stream.allCases {
        guard let size = try LogFile.size(path(of: instance, epoch, stream)) else { continue }
        files.append(LogBudget.File(epoch: epoch, stream: stream, bytes: size.allocated))
      }
    }
    return files
  }

  /// Removes the logs of all but the newest epochs, and never those of `running`. Blocks.
  func prune(
    _ instance: InstanceID, keep: Int, keeping running: Set<Epoch>
  ) throws(StateError) {
    let old = try epochs(of: instance).dropLast(keep).filter { !running.contains($0) }
    for epoch in old { try remove(instance, epoch) }
  }

  func remove(_ instance: InstanceID, _ epoch: Epoch) throws(StateError) {
    for stream in LogRequest.Stream.allCases { try Files.remove(path(of: instance, epoch, stream)) }
    try Files.remove(marks(of: instance, epoch).path)
  }

  /// Removes what instances have left of which nothing is here and nothing was written since `time`. Blocks.
  func removeForgotten(
    except present: Set<InstanceID>, before time: Timestamp
  ) throws(StateError) {
    for name in try Files.names(in: directory) {
      // Other names are none of ours.
      guard let instance = try? InstanceID(name), !present.contains(instance) else { continue }
      let folder = "\(directory)/\(name)"
      let names = try Files.names(in: folder)
      var isOld = true
      for name in names where isOld {
        var status = stat()
        guard stat("\(folder)/\(name)", &status) == 0 else { continue }
        isOld = Int64(status.st_mtim.tv_sec) * 1000 < time.millisecondsSinceEpoch
      }
      guard isOld else { continue }
      for epoch in try epochs(of: instance) { try remove(instance, epoch) }
      // Whatever else is in it is not ours: then it stays.
      rmdir(folder)
    }
  }

  private static func epoch(of name: String) -> UInt64? {
    let parts = name.split(separator: ".")
    guard parts.count == 2,
      parts[1] == "marks" || LogRequest.Stream(rawValue: String(parts[1])) != nil
    else { return nil }
    return UInt64(parts[0])
  }
}

/// How far each stream of a placement has got, in bytes ever written.
struct LogSizes: Hashable, Sendable {
  var stdout: Int64 = 0
  var stderr: Int64 = 0

  subscript(_ stream: LogRequest.Stream) -> Int64 {
    get { stream == .stdout ? stdout : stderr }
    set { if stream == .stdout { stdout = newValue } else { stderr = newValue } }
  }
}
