// SPDX-License-Identifier: Apache-2.0

import Glibc
package import TendonModel

/// Where instances write: `LOGDIR/INSTANCE/EPOCH.stdout` and `.stderr`. The files are opened here and handed to the
/// process; nothing of ours stands between. The newest `keptEpochs` of an instance stay when it is gone.
package struct LogFiles: Sendable {
  /// How many epochs of one instance keep their logs on a host. Raising it costs their disk space.
  package static let keptEpochs = 3

  package let directory: String

  package init(directory: String) { self.directory = directory }

  package func path(
    of instance: InstanceID, _ epoch: Epoch, _ stream: LogRequest.Stream
  ) -> String { "\(directory)/\(instance)/\(epoch).\(stream.rawValue)" }

  /// Opened for appending. Blocks; the caller closes it.
  func open(
    _ instance: InstanceID, _ epoch: Epoch, _ stream: LogRequest.Stream
  ) throws(StateError) -> Int32 {
    let path = path(of: instance, epoch, stream)
    do throws(StateError) {
      return try Files.open(path, O_WRONLY | O_CREAT | O_APPEND, mode: 0o644)
    } catch .file(_, _, ENOENT) {
      try Files.makeDirectory("\(directory)/\(instance)")
      return try Files.open(path, O_WRONLY | O_CREAT | O_APPEND, mode: 0o644)
    }
  }

  /// Removes the logs of all but the newest epochs, and never those of `running`. Blocks.
  func prune(_ instance: InstanceID, keeping running: Set<Epoch>) throws(StateError) {
    let folder = "\(directory)/\(instance)"
    var epochs: Set<UInt64> = []
    let names = try Files.names(in: folder)
    for name in names {
      if let epoch = Self.epoch(of: name) { epochs.insert(epoch) }
    }
    let old = epochs.sorted().dropLast(Self.keptEpochs).filter { !running.contains(Epoch($0)) }
    for name in names {
      if let epoch = Self.epoch(of: name), old.contains(epoch) {
        try Files.remove("\(folder)/\(name)")
      }
    }
  }

  private static func epoch(of name: String) -> UInt64? {
    let parts = name.split(separator: ".")
    guard parts.count == 2, LogRequest.Stream(rawValue: String(parts[1])) != nil else { return nil }
    return UInt64(parts[0])
  }
}
