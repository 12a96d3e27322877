// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TendonLinux

/// What the thread that looks after logs is told by others.
final class LogMail: Sendable {
  struct Letters: Sendable {
    /// All that is to be looked after from now on; nil: as before.
    var subjects: [LogSubject]?
    var trims: [LogTrim] = []
    var isOver = false
  }

  private let letters = Mutex(Letters())
  private let folders: FolderWatch

  /// - Parameter folders: woken with each letter.
  init(waking folders: FolderWatch) { self.folders = folders }

  func put(_ subjects: [LogSubject]) {
    letters.withLock { $0.subjects = subjects }
    folders.wake()
  }

  func put(_ trim: LogTrim) {
    letters.withLock { $0.trims.append(trim) }
    folders.wake()
  }

  func end() {
    letters.withLock { $0.isOver = true }
    folders.wake()
  }

  /// Whether all letters were taken.
  var isRead: Bool {
    letters.withLock { $0.subjects == nil && $0.trims.isEmpty }
  }

  func take() -> Letters {
    letters.withLock { letters in
      defer { letters = Letters(isOver: letters.isOver) }
      return letters
    }
  }
}
