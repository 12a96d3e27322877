// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// What a responder may use: the threads for work, and the loop to answer on.
struct WorkContext: Sendable {
  let workshop: Workshop
  let loop: any EventLoop
}

/// Does what would hold up an event loop, a bounded amount at a time.
final class Workshop: Sendable {
  /// More than this many pieces of work at once are refused.
  private static let mostAtOnce = 32

  private let pool: NIOThreadPool
  private let running = Mutex(0)

  init(pool: NIOThreadPool) { self.pool = pool }

  /// Why work was not done.
  enum Refusal: Error {
    case tooMuchAtOnce
    case noMemory(errno: Int32)
  }

  /// Runs `body` on a thread of its own.
  func run<Value: Sendable>(
    on loop: any EventLoop, _ body: @escaping @Sendable () throws -> Value
  ) -> EventLoopFuture<Value> {
    pool.runIfActive(eventLoop: loop, body)
  }

  /// Does the work; the future holds how long it took.
  func perform(_ work: Work, on loop: any EventLoop) -> EventLoopFuture<TimeAmount> {
    let isFree = running.withLock { count in
      guard count < Self.mostAtOnce else { return false }
      count += 1
      return true
    }
    guard isFree else { return loop.makeFailedFuture(Refusal.tooMuchAtOnce) }
    let began = NIODeadline.now()
    let done =
      switch work {
      case .cpu(let time): run(on: loop) { Self.burn(time) }
      case .memory(let bytes, let time):
        run(on: loop) { try HeldMemory(bytes) }.flatMap { memory in
          loop.scheduleTask(in: time) { memory.release() }.futureResult
        }
      }
    return done.map { NIODeadline.now() - began }.always { _ in
      self.running.withLock { $0 -= 1 }
    }
  }

  /// Computes until this thread has used `time` of CPU: under a CPU limit that takes longer by the
  /// clock.
  private static func burn(_ time: TimeAmount) {
    let end = threadTime() + time.nanoseconds
    var value: UInt64 = 0x9E37_79B9_7F4A_7C15
    while threadTime() < end {
      for _ in 0..<10_000 {
        value ^= value << 13
        value ^= value >> 7
        value ^= value << 17
      }
    }
    // xorshift never reaches zero; the test keeps the loop from being optimized away.
    precondition(value != 0, "xorshift left its cycle")
  }

  private static func threadTime() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}

/// Memory that is really there: mapped and written to, outside the heap so that all of it goes
/// back.
final class HeldMemory: Sendable {
  private let region: Mutex<UnsafeMutableRawBufferPointer?>

  init(_ bytes: Int) throws {
    let flags = MAP_PRIVATE | MAP_ANONYMOUS
    guard let start = mmap(nil, bytes, PROT_READ | PROT_WRITE, flags, -1, 0), start != MAP_FAILED
    else { throw Workshop.Refusal.noMemory(errno: errno) }
    let buffer = UnsafeMutableRawBufferPointer(start: start, count: bytes)
    // One byte in every page makes the kernel provide the page.
    for offset in stride(from: 0, to: bytes, by: 4096) { buffer[offset] = 1 }
    region = Mutex(buffer)
  }

  /// Gives the memory back; afterwards it does nothing.
  func release() {
    region.withLock { region in
      if let mapped = region { munmap(mapped.baseAddress, mapped.count) }
      region = nil
    }
  }

  deinit { release() }
}
