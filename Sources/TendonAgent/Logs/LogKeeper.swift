// SPDX-License-Identifier: Apache-2.0

import Logging
import ServiceLifecycle
import TendonCore
import TendonLinux
import TendonModel

/// Keeps every instance's logs within their space, and notes how far they have got by when.
///
/// Nothing of it is needed for output to be written: while no agent runs, logs only grow, and are cut to size by the
/// next one.
actor LogKeeper: Service {
  /// Every placement that writes into files, with the number of what changed; nil when that is still `version`.
  typealias Subjects =
    @Sendable (_ version: UInt64?) async -> (version: UInt64, subjects: [LogSubject])?

  private let logs: LogFiles
  private let blocking: Blocking
  private let log: Logger
  private let current: Subjects
  private let folders: FolderWatch
  private let mail: LogMail
  private var version: UInt64?
  private var present: Set<InstanceID> = []
  private var nextSweep: MonotonicTime?
  private var lastFault = ""

  /// - Throws: where the kernel has no inotify instance left for us (fs.inotify.max_user_instances).
  init(
    logs: LogFiles, blocking: Blocking, log: Logger, current: @escaping Subjects
  ) throws(ProcessError) {
    self.logs = logs
    self.blocking = blocking
    self.log = log
    self.current = current
    folders = try FolderWatch()
    mail = LogMail(waking: folders)
  }

  /// How soon a new placement is noticed.
  private static let roundInterval = Duration.milliseconds(250)

  func run() async throws {
    let mail = mail
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { await cancelWhenGracefulShutdown { await self.follow() } }
      tasks.addTask { [logs, folders, blocking, log] in
        try await withTaskCancellationOrGracefulShutdownHandler {
          try await BlockingThread.run {
            var loop = LogLoop(
              logs: logs, folders: folders, mail: mail, blocking: blocking, log: log)
            loop.run()
          }
        } onCancelOrGracefulShutdown: {
          mail.end()
        }
      }
      try await tasks.waitForAll()
    }
  }

  private func follow() async {
    while !Task.isCancelled {
      if let (version, subjects) = await current(version) {
        self.version = version
        present = Set(subjects.map(\.instance))
        mail.put(subjects)
      }
      await removeForgotten()
      // Cancelled: the loop ends.
      try? await Task.sleep(for: Self.roundInterval)
    }
  }

  /// How long the logs of an instance that is gone from this host stay.
  static let remembrance = Duration.seconds(7 * 24 * 3600)
  private static let sweepInterval = Duration.seconds(3600)

  private func removeForgotten() async {
    let now = HostClock.bootTime
    guard now >= nextSweep ?? now else { return }
    nextSweep = now + Self.sweepInterval
    let (logs, present) = (logs, present)
    let before = Timestamp(
      millisecondsSinceEpoch: HostClock.wall.millisecondsSinceEpoch
        - Self.remembrance.wholeMilliseconds)
    let result = await blocking.run {
      Result { () throws(StateError) in try logs.removeForgotten(except: present, before: before) }
    }
    if case .failure(let fault) = result, "\(fault)" != lastFault {
      // Said once, not every hour.
      lastFault = "\(fault)"
      log.warning("old logs can't be removed: \(fault)")
    }
  }
}
