// SPDX-License-Identifier: Apache-2.0
import CLinux
import TendonModel

/// An answer or event of tendon-init.
enum InitAnswer: Sendable {
  case hello(InitGreeting)
  case spawned(request: UInt64, SpawnedProcess)
  /// The pidfd got lost on the way.
  case spawnedBare(request: UInt64)
  /// `planStep` is the number of the plan's step that failed, where it was one.
  case spawnFailed(request: UInt64, step: SpawnStep, errno: Int32, planStep: Int)
  case child(InitChild)
  /// A running child whose pidfd got lost on the way.
  case childBare
  case listEnd(count: Int)
  case exited(ExitRecord)
  case shutdown
  /// Said by the program that took its place.
  case upgraded
  case stillNeeded(running: Int, unacknowledged: Int)
  case error(request: UInt64, requestType: UInt32, code: UInt32, text: String)

  /// - Throws: `.protocolViolation` for anything that is not in `tendon_init_protocol.h`.
  init(_ bytes: UnsafeRawBufferPointer, pidfd: PidFD?) throws(InitError) {
    let header = try Self.load(tendon_header.self, bytes)
    guard Int(header.length) == bytes.count else { throw .protocolViolation("length") }
    switch Int(header.type) {
    case TENDON_INIT_HELLO_OK:
      self = .hello(InitGreeting(try Self.load(tendon_init_hello_ok.self, bytes)))
    case TENDON_INIT_SPAWNED:
      let body = try Self.load(tendon_init_spawned.self, bytes)
      let identity = ProcessIdentity(pid: body.pid, startTicks: body.start_time)
      self =
        pidfd.map {
          .spawned(request: body.request, SpawnedProcess(identity: identity, pidfd: $0))
        } ?? .spawnedBare(request: body.request)
    case TENDON_INIT_SPAWN_FAILED:
      let body = try Self.load(tendon_init_spawn_failed.self, bytes)
      self = .spawnFailed(
        request: body.request, step: SpawnStep(rawValue: body.step), errno: body.error,
        planStep: Int(body.plan_step))
    case TENDON_INIT_CHILD:
      self = try Self.child(bytes, pidfd: pidfd)
    case TENDON_INIT_LIST_END:
      self = .listEnd(count: Int(try Self.load(tendon_init_list_end.self, bytes).count))
    case TENDON_INIT_EXITED:
      let body = try Self.load(tendon_init_child.self, bytes)
      self = .exited(try Self.exit(body, bytes))
    case TENDON_INIT_SHUTDOWN_OK:
      self = .shutdown
    case TENDON_INIT_UPGRADED:
      self = .upgraded
    case TENDON_INIT_SHUTDOWN_REFUSED:
      let body = try Self.load(tendon_init_shutdown_refused.self, bytes)
      self = .stillNeeded(
        running: Int(body.running), unacknowledged: Int(body.unacknowledged))
    case TENDON_INIT_ERROR:
      let body = try Self.load(tendon_init_error.self, bytes)
      let text = try Self.text(
        bytes, after: MemoryLayout<tendon_init_error>.size, length: body.text_length)
      self = .error(
        request: body.request, requestType: body.request_type, code: body.code, text: text)
    default:
      throw .protocolViolation("message type \(header.type)")
    }
  }

  private static func child(
    _ bytes: UnsafeRawBufferPointer, pidfd: PidFD?
  ) throws(InitError) -> InitAnswer {
    let body = try load(tendon_init_child.self, bytes)
    if Int(body.state) == TENDON_INIT_ENDED {
      return .child(.exited(try exit(body, bytes)))
    }
    guard let pidfd else { return .childBare }
    let identity = ProcessIdentity(pid: body.pid, startTicks: body.start_time)
    return .child(
      .running(
        epoch: Epoch(body.epoch), name: try name(body, bytes),
        process: SpawnedProcess(identity: identity, pidfd: pidfd)))
  }

  private static func exit(
    _ body: tendon_init_child, _ bytes: UnsafeRawBufferPointer
  ) throws(InitError) -> ExitRecord {
    ExitRecord(
      epoch: Epoch(body.epoch), name: try name(body, bytes),
      identity: ProcessIdentity(pid: body.pid, startTicks: body.start_time),
      status: ExitStatus(waitStatus: body.wait_status),
      at: Timestamp(millisecondsSinceEpoch: body.exit_realtime_ns / 1_000_000),
      atBootNanoseconds: body.exit_boottime_ns)
  }

  private static func name(
    _ body: tendon_init_child, _ bytes: UnsafeRawBufferPointer
  ) throws(InitError) -> String {
    try text(bytes, after: MemoryLayout<tendon_init_child>.size, length: body.name_length)
  }

  /// The text at the end of a message, without its NUL.
  private static func text(
    _ bytes: UnsafeRawBufferPointer, after offset: Int, length: UInt32
  ) throws(InitError) -> String {
    guard length > 0, offset + Int(length) == bytes.count, bytes.last == 0 else {
      throw .protocolViolation("text length")
    }
    return String(decoding: bytes[offset..<(bytes.count - 1)], as: UTF8.self)
  }

  private static func load<Body: BitwiseCopyable>(
    _ type: Body.Type, _ bytes: UnsafeRawBufferPointer
  ) throws(InitError) -> Body {
    guard bytes.count >= MemoryLayout<Body>.size else { throw .protocolViolation("too short") }
    return bytes.loadUnaligned(as: type)
  }
}

/// How tendon-init introduces itself.
package struct InitGreeting: Hashable, Sendable {
  package let identity: ProcessIdentity
  package let version: UInt32
  /// Children that run, and exits not acknowledged yet.
  package let running: Int
  package let unacknowledged: Int
  /// Names what it was built from; `InitLauncher.build()` is that of the program on disk.
  package let build: String

  init(_ body: tendon_init_hello_ok) {
    identity = ProcessIdentity(pid: body.pid, startTicks: body.start_time)
    version = body.version
    running = Int(body.running)
    unacknowledged = Int(body.unacknowledged)
    build = withUnsafeBytes(of: body.build) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
