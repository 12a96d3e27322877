// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import TendonModel

/// Tells of folders in which a file was written to, by inotify(7), and wakes the one thread that waits for that.
///
/// A folder is told of once and has to be armed again, so that one that is written to all the time costs nothing.
/// What is written through a shared mapping, or by another machine, is not seen.
package final class FolderWatch: Sendable {
  /// The kernel's number for an armed folder. Two arms of one folder have the same.
  package typealias Number = Int32

  private let descriptor: Int32
  private let wakeup: Int32

  package init() throws(ProcessError) {
    descriptor = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
    guard descriptor >= 0 else { throw ProcessError(call: "inotify_init1", errno: errno) }
    wakeup = tendon_wake_open()
    guard wakeup >= 0 else {
      close(descriptor)
      throw ProcessError(call: "eventfd", errno: -wakeup)
    }
  }

  deinit {
    close(descriptor)
    close(wakeup)
  }

  /// From now on the next write into a file of the folder is told of. What was written before is not: look after this.
  /// - Throws: with ENOSPC where fs.inotify.max_user_watches is reached, ENOENT where there is no such folder.
  package func arm(_ path: String) throws(ProcessError) -> Number {
    let events = UInt32(IN_MODIFY) | UInt32(IN_ONLYDIR) | UInt32(truncatingIfNeeded: IN_ONESHOT)
    let number = inotify_add_watch(descriptor, path, events)
    guard number >= 0 else {
      throw ProcessError(call: "inotify_add_watch \(path)", errno: errno)
    }
    return number
  }

  /// Not told of any more. One that was told of, or whose folder is gone, is no longer armed anyway.
  package func disarm(_ number: Number) {
    // EINVAL: it was told of in this moment.
    inotify_rm_watch(descriptor, number)
  }

  /// Ends the wait that is going on, or the next one. For any thread.
  package func wake() {
    // Refused only where it was told 2^64 times already.
    _ = tendon_wake(wakeup)
  }

  /// Waits until a folder was written to, `wake()` was called, or `limit` is over; nil is no limit.
  /// - Returns: the folders that were written to, each of them no longer armed.
  package func wait(upTo limit: Duration?) throws(ProcessError) -> [Number] {
    // Rounded up: waking a moment too early would mean to spin through the rest.
    let milliseconds = limit.map {
      Int32(clamping: max(0, $0.wholeNanoseconds + 999_999) / 1_000_000)
    }
    let ready = tendon_poll_two(descriptor, false, wakeup, milliseconds ?? -1)
    guard ready >= 0 else { throw ProcessError(call: "poll", errno: -ready) }
    if ready & 4 != 0 {
      let answer = tendon_wake_take(wakeup)
      guard answer == 0 else { throw ProcessError(call: "eventfd_read", errno: -answer) }
    }
    guard ready & 1 != 0 else { return [] }
    return takeEvents()
  }

  private func takeEvents() -> [Number] {
    var numbers: [Number] = []
    withUnsafeTemporaryAllocation(byteCount: 16 * 1024, alignment: 8) { buffer in
      while true {
        let count = read(descriptor, buffer.baseAddress, buffer.count)
        guard count > 0 else { return }
        var offset = 0
        while offset < count {
          let event = UnsafeRawBufferPointer(buffer)
            .loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
          // IN_IGNORED follows each of a one-shot's events; a folder that was removed has only that.
          if event.mask & UInt32(IN_MODIFY) != 0 { numbers.append(event.wd) }
          offset += MemoryLayout<inotify_event>.size + Int(event.len)
        }
      }
    }
    return numbers
  }
}
