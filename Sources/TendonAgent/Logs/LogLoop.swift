// SPDX-License-Identifier: Apache-2.0

import Glibc
import Logging
import TendonCore
import TendonLinux
import TendonModel

/// Looks at the files of placements: at once when one that was quiet is written to, and by its pace while it grows.
///
/// It owns its thread, so that what a writer may overrun its space by does not hang on what else the agent does.
struct LogLoop {
  private static let threadName = "tendon-logs"
  /// What is quiet is looked at this often all the same: a write that inotify(7) does not tell of is found by then.
  private static let quietInterval = Duration.seconds(60)
  /// After a failed wait, so that a failure that lasts does not take a core.
  private static let failurePause = Duration.milliseconds(100)

  let logs: LogFiles
  let folders: FolderWatch
  let mail: LogMail
  let blocking: Blocking
  let log: Logger

  private var watches: [Epoch: LogWatch] = [:]
  /// When each is to be looked at.
  private var dues: [Epoch: MonotonicTime] = [:]
  private var epochs: [InstanceID: Set<Epoch>] = [:]
  private var armed: [FolderWatch.Number: InstanceID] = [:]
  /// Given back right now, by another thread.
  private var trimming: Set<InstanceID> = []
  /// How many looks were taken.
  private(set) var looks = 0
  private var hasSaidThatFilesAreEmptied = false
  private var lastFault = ""

  init(logs: LogFiles, folders: FolderWatch, mail: LogMail, blocking: Blocking, log: Logger) {
    self.logs = logs
    self.folders = folders
    self.mail = mail
    self.blocking = blocking
    self.log = log
  }

  /// Works until the mail says that it ends. Blocks.
  mutating func run() {
    _ = BlockingThread.name(Self.threadName)
    while true {
      let letters = mail.take()
      if letters.isOver { return }
      if let subjects = letters.subjects { take(subjects) }
      for trim in letters.trims { ended(trim) }
      look()
      let now = HostClock.bootTime
      let next = dues.values.min()
      do {
        for number in try folders.wait(upTo: next.map { $0 - now }) { written(number) }
      } catch {
        say("logs can't be looked after: \(error)")
        // Nothing else tells of writes until it works again.
        BlockingThread.pause(Self.failurePause)
      }
    }
  }

  private mutating func take(_ subjects: [LogSubject]) {
    var now: Set<Epoch> = []
    for subject in subjects {
      now.insert(subject.epoch)
      if watches[subject.epoch] == nil {
        watches[subject.epoch] = LogWatch(subject)
        epochs[subject.instance, default: []].insert(subject.epoch)
        dues[subject.epoch] = HostClock.bootTime
      } else if watches[subject.epoch]?.subject != subject {
        watches[subject.epoch]!.subject = subject
        dues[subject.epoch] = HostClock.bootTime
      }
    }
    for (epoch, watch) in watches where !now.contains(epoch) {
      forget(epoch, of: watch.subject.instance)
    }
  }

  private mutating func forget(_ epoch: Epoch, of instance: InstanceID) {
    watches[epoch] = nil
    dues[epoch] = nil
    epochs[instance]?.remove(epoch)
    guard epochs[instance]?.isEmpty == true else { return }
    epochs[instance] = nil
    for (number, other) in armed where other == instance {
      folders.disarm(number)
      armed[number] = nil
    }
  }

  private mutating func written(_ number: FolderWatch.Number) {
    guard let instance = armed.removeValue(forKey: number) else { return }
    let now = HostClock.bootTime
    for epoch in epochs[instance] ?? [] {
      watches[epoch]?.lastLook = nil
      dues[epoch] = now
    }
  }

  /// Looks at what is due.
  private mutating func look() {
    let now = HostClock.bootTime
    // Due within the next moment counts, so that those of one round are looked at together.
    let soon = now + .milliseconds(5)
    for (epoch, due) in dues where due <= soon {
      guard let watch = watches[epoch] else { continue }
      // A new one is quiet as a rule: it is waited for first, and looked at once.
      let isNew = watch.sizes == nil
      var look = isNew ? arm(LogLook(watch: watch)) : take(at: watch)
      if look.due == nil, !isNew { look = arm(look) }
      watches[epoch] = look.watch
      dues[epoch] = look.due ?? now + Self.quietInterval
      note(look.fault)
      if look.isOver { trim(look.watch.subject) }
    }
  }

  private mutating func take(at watch: LogWatch) -> LogLook {
    looks += 1
    return LogLook.take(at: watch, in: logs)
  }

  /// Waits for the next write, and looks once more: what was written until now is not told of.
  private mutating func arm(_ quiet: LogLook) -> LogLook {
    let subject = quiet.watch.subject
    do {
      let number = try folders.arm("\(logs.directory)/\(subject.instance)")
      armed[number] = subject.instance
      return take(at: quiet.watch)
    } catch {
      var look = quiet
      look.due = HostClock.bootTime + LogPace.calm
      // Without a folder nothing was written yet.
      if error.errno != ENOENT {
        say("logs are looked at once a second, since changes can't be waited for: \(error)")
      }
      return look
    }
  }

  /// On another thread: a slow disk must not hold up the others' logs.
  private mutating func trim(_ subject: LogSubject) {
    guard trimming.insert(subject.instance).inserted else { return }
    let (logs, mail) = (logs, mail)
    blocking.start(slowly: true) { mail.put(LogTrim.perform(for: subject, in: logs)) }
  }

  private mutating func ended(_ trim: LogTrim) {
    trimming.remove(trim.subject.instance)
    note(trim.fault)
    if trim.wasEmptied, !hasSaidThatFilesAreEmptied {
      hasSaidThatFilesAreEmptied = true
      log.warning(
        "the file system of \(logs.directory) can't give back a file's front: logs that are full are emptied"
      )
    }
    let pause = trim.fault == nil ? LogPace.hasty : LogPace.calm
    for epoch in epochs[trim.subject.instance] ?? [] {
      watches[epoch]?.olderBytes = nil
      dues[epoch] = HostClock.bootTime + pause
    }
  }

  private mutating func note(_ fault: StateError?) {
    if let fault { say("logs can't be looked after: \(fault)") }
  }

  /// Said once, not every second.
  private mutating func say(_ text: String) {
    guard text != lastFault else { return }
    lastFault = text
    log.warning("\(text)")
  }
}
