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
  /// One placement's output.
  struct Watch: Sendable {
    let instance: InstanceID
    let epoch: Epoch
    var settings: LogSettings
    /// What older placements of the instance have left; nil: to be looked at.
    var olderBytes: Int64?
    /// nil before the first look.
    var sizes: LogSizes?
    var lastLook: MonotonicTime?
    var lastMark: MonotonicTime?
    /// How often it was looked at, as far as that matters.
    var looks = 0
    var due: MonotonicTime?
  }

  private let logs: LogFiles
  private let blocking: Blocking
  private let log: Logger
  /// The placements that write into files now.
  private let current: @Sendable () async -> [DesiredPlacement]
  private var watches: [Epoch: Watch] = [:]
  private var hasSaidThatFilesAreEmptied = false
  private var lastFault = ""
  private var nextSweep: MonotonicTime?

  init(
    logs: LogFiles, blocking: Blocking, log: Logger,
    current: @escaping @Sendable () async -> [DesiredPlacement]
  ) {
    self.logs = logs
    self.blocking = blocking
    self.log = log
    self.current = current
  }

  /// How soon a new placement is noticed.
  private static let roundInterval = Duration.milliseconds(250)

  func run() async throws {
    await cancelWhenGracefulShutdown { await self.keep() }
  }

  private func keep() async {
    var nextRound = HostClock.bootTime
    while !Task.isCancelled {
      if HostClock.bootTime >= nextRound {
        nextRound = HostClock.bootTime + Self.roundInterval
        take(await current())
        await removeForgotten()
      }
      await look()
      let due = min(nextRound, watches.values.compactMap(\.due).min() ?? nextRound)
      let pause = max(due - HostClock.bootTime, .milliseconds(1))
      // Cancelled: the loop ends.
      try? await Task.sleep(for: pause)
    }
  }

  private func take(_ placements: [DesiredPlacement]) {
    var now: Set<Epoch> = []
    for placement in placements where placement.spec.logs.target == .files {
      now.insert(placement.epoch)
      watches[
        placement.epoch,
        default: Watch(
          instance: placement.instance, epoch: placement.epoch, settings: placement.spec.logs)
      ].settings = placement.spec.logs
    }
    if watches.count > now.count { watches = watches.filter { now.contains($0.key) } }
  }

  /// Looks at what is due.
  func look() async {
    let now = HostClock.bootTime
    // Due within the next moment counts, so that those of one round are looked at together.
    let soon = now + .milliseconds(5)
    let due = watches.values.filter { ($0.due ?? now) <= soon }
    guard !due.isEmpty else { return }
    let logs = logs
    let looks = await blocking.run { due.map { LogLook.take(at: $0, in: logs) } }
    for look in looks where watches[look.watch.epoch] != nil {
      watches[look.watch.epoch] = look.watch
      if look.wasEmptied, !hasSaidThatFilesAreEmptied {
        hasSaidThatFilesAreEmptied = true
        log.warning(
          "the file system of \(logs.directory) can't give back a file's front: logs that are full are emptied"
        )
      }
      note(look.fault)
    }
  }

  /// Said once, not every second.
  private func note(_ fault: StateError?) {
    guard let fault, "\(fault)" != lastFault else { return }
    lastFault = "\(fault)"
    log.warning("logs can't be looked after: \(fault)")
  }

  /// How long the logs of an instance that is gone from this host stay.
  static let remembrance = Duration.seconds(7 * 24 * 3600)
  private static let sweepInterval = Duration.seconds(3600)

  private func removeForgotten() async {
    let now = HostClock.bootTime
    guard now >= nextSweep ?? now else { return }
    nextSweep = now + Self.sweepInterval
    let logs = logs
    let present = Set(watches.values.map(\.instance))
    let before = Timestamp(
      millisecondsSinceEpoch: HostClock.wall.millisecondsSinceEpoch
        - Self.remembrance.wholeMilliseconds)
    let result = await blocking.run {
      Result { () throws(StateError) in try logs.removeForgotten(except: present, before: before) }
    }
    if case .failure(let fault) = result { note(fault) }
  }
}
