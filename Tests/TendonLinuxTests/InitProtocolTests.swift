// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import SystemPackage
import TendonModel
import Testing

@testable import TendonLinux

/// A client without manners: it sends bytes.
private struct RawClient: ~Copyable {
  let socket: Int32

  init(_ path: String) throws {
    socket = tendon_seqpacket_connect(path)
    guard socket >= 0 else { throw HarnessError("connect: \(errnoText(-socket))") }
  }

  deinit { close(socket) }

  borrowing func send(_ bytes: [UInt8], fds: [Int32] = []) -> Int32 {
    -tendon_send_message(socket, bytes, bytes.count, fds, Int32(fds.count))
  }

  /// The type of the next message; nil: the connection ended.
  borrowing func receiveType() -> UInt32? {
    var bytes = [UInt8](repeating: 0, count: 1024)
    var received = tendon_received()
    var fd: Int32 = -1
    while true {
      let error = tendon_receive_message(socket, &bytes, bytes.count, &fd, 1, &received)
      if error == -EAGAIN {
        _ = tendon_poll_two(socket, false, -1, 10_000)
        continue
      }
      guard error == 0, received.length >= 8 else { return nil }
      if received.fd_count == 1 { close(fd) }
      return bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }
    }
  }
}

@Suite("tendon-init and what it doesn't understand", .timeLimit(.minutes(2)))
struct InitProtocolTests {
  static let error = UInt32(TENDON_INIT_ERROR)

  /// A good SPAWN of /bin/true.
  static func spawnMessage() throws -> [UInt8] {
    let null = FileDescriptor(rawValue: 0)
    let request = SpawnRequest(
      epoch: Epoch(9), instance: try InstanceID("raw.0"), arguments: ["/bin/true", "x"],
      environment: ["A=b", "C=d"], cgroup: nil, input: null, output: null, error: null)
    return try InitRequestBytes.spawn(request, id: 1).bytes
  }

  /// The message with one of its 32-bit fields changed.
  static func spawnMessage(_ offset: Int?, _ value: UInt32) throws -> [UInt8] {
    var bytes = try spawnMessage()
    let offset = try #require(offset)
    withUnsafeBytes(of: value) { bytes.replaceSubrange(offset..<(offset + 4), with: $0) }
    return bytes
  }

  static func malformed() throws -> [(String, [UInt8])] {
    let good = try spawnMessage()
    typealias Spawn = tendon_init_spawn
    let huge = UInt32.max
    return [
      ("one byte", [1]),
      ("half a header", Array(good[..<7])),
      ("cut off behind the header", Array(good[..<40])),
      ("cut off at the end", Array(good.dropLast())),
      ("longer than it says", good + [0]),
      ("unknown type", try spawnMessage(0, 99)),
      ("an answer as a request", try spawnMessage(0, 101)),
      ("a list with something in it", try spawnMessage(0, 3)),
      ("an ack of another length", try spawnMessage(0, 4)),
      (
        "a plan that isn't there",
        try spawnMessage(MemoryLayout<Spawn>.offset(of: \.plan_length), 64)
      ),
      (
        "a plan over the end", try spawnMessage(MemoryLayout<Spawn>.offset(of: \.plan_length), huge)
      ),
      ("half a plan", try spawnMessage(MemoryLayout<Spawn>.offset(of: \.plan_length), 12)),
      ("flags", try spawnMessage(MemoryLayout<Spawn>.offset(of: \.flags), 1 << 20)),
      ("a cgroup that is not there", try spawnMessage(MemoryLayout<Spawn>.offset(of: \.flags), 4)),
      ("groups", try spawnMessage(MemoryLayout<Spawn>.offset(of: \.group_count), huge)),
      ("some groups", try spawnMessage(MemoryLayout<Spawn>.offset(of: \.group_count), 1000)),
      ("name", try spawnMessage(MemoryLayout<Spawn>.offset(of: \.name_length), huge)),
      ("no name", try spawnMessage(MemoryLayout<Spawn>.offset(of: \.name_length), 0)),
      ("shorter name", try spawnMessage(MemoryLayout<Spawn>.offset(of: \.name_length), 2)),
      ("directory", try spawnMessage(MemoryLayout<Spawn>.offset(of: \.cwd_length), huge)),
      ("no arguments", try spawnMessage(MemoryLayout<Spawn>.offset(of: \.argc), 0)),
      ("more arguments", try spawnMessage(MemoryLayout<Spawn>.offset(of: \.argc), 3)),
      ("many arguments", try spawnMessage(MemoryLayout<Spawn>.offset(of: \.argc), huge)),
      ("argument bytes", try spawnMessage(MemoryLayout<Spawn>.offset(of: \.argv_length), huge)),
      ("environment", try spawnMessage(MemoryLayout<Spawn>.offset(of: \.envc), huge)),
      ("less environment", try spawnMessage(MemoryLayout<Spawn>.offset(of: \.envc), 1)),
      ("environment bytes", try spawnMessage(MemoryLayout<Spawn>.offset(of: \.env_length), 1)),
      ("too large", [UInt8](repeating: 7, count: 200 << 10)),
    ]
  }

  @Test("Malformed and truncated requests are answered with an error, and nothing is started.")
  func malformedRequests() async throws {
    try await InitHarness.with { harness in
      let null = open("/dev/null", O_RDWR | O_CLOEXEC)
      defer { close(null) }
      let raw = try RawClient(harness.launcher.socketPath)
      #expect(raw.send(InitRequestBytes.hello().bytes) == 0)
      #expect(raw.receiveType() == UInt32(TENDON_INIT_HELLO_OK))
      for (what, bytes) in try Self.malformed() {
        #expect(raw.send(bytes, fds: [null, null, null]) == 0)
        #expect(raw.receiveType() == Self.error, "\(what)")
      }
      let list = InitRequestBytes.bare(TENDON_INIT_LIST).bytes
      for count in [1, 2, 4, 5] {
        #expect(raw.send(try Self.spawnMessage(), fds: Array(repeating: null, count: count)) == 0)
        #expect(raw.receiveType() == Self.error, "\(count) descriptors")
      }
      #expect(raw.send(list, fds: [null]) == 0)
      #expect(raw.receiveType() == Self.error)
      #expect(raw.send(list) == 0)
      #expect(raw.receiveType() == UInt32(TENDON_INIT_LIST_END))
      // And the descriptors that came along are closed: stdio, signals, lock, listener, client.
      #expect(try entries(of: "/proc/\(harness.initPID)/fd") == 7)
    }
  }

  @Test("Nothing is done before hello, nor for another version.")
  func helloFirst() async throws {
    try await InitHarness.with { harness in
      let raw = try RawClient(harness.launcher.socketPath)
      #expect(raw.send(InitRequestBytes.bare(TENDON_INIT_LIST).bytes) == 0)
      #expect(raw.receiveType() == Self.error)
      var hello = InitRequestBytes.hello().bytes
      hello[8] = 99
      #expect(raw.send(hello) == 0)
      #expect(raw.receiveType() == Self.error)
      #expect(raw.send(InitRequestBytes.bare(TENDON_INIT_LIST).bytes) == 0)
      #expect(raw.receiveType() == Self.error)
    }
  }

  @Test("A request to upgrade that names no absolute path is an error, and nothing happens.")
  func malformedUpgrades() async throws {
    try await InitHarness.with { harness in
      let raw = try RawClient(harness.launcher.socketPath)
      let good = try InitRequestBytes.upgrade(to: "/nonexistent").bytes
      func changed(_ change: (inout [UInt8]) -> Void) -> [UInt8] {
        var bytes = good
        change(&bytes)
        // The header's length is that of the message.
        withUnsafeBytes(of: UInt32(bytes.count)) { bytes.replaceSubrange(4..<8, with: $0) }
        return bytes
      }
      let long = try InitRequestBytes.upgrade(to: "/" + String(repeating: "x", count: 5000)).bytes
      for (what, bytes) in [
        ("no path", changed { $0.removeLast($0.count - 16) }),
        ("nothing at all", changed { $0.removeLast($0.count - 8) }),
        ("no NUL", changed { $0[$0.count - 1] = 65 }),
        ("a NUL inside", changed { $0[20] = 0 }),
        ("relative", changed { $0[16] = 65 }),
        ("too long a length", changed { $0[8] += 1 }),
        ("too long a path", long),
        ("not there", good),
      ] {
        #expect(raw.send(bytes) == 0)
        #expect(raw.receiveType() == Self.error, "\(what)")
      }
      #expect(raw.send(InitRequestBytes.hello().bytes) == 0)
      #expect(raw.receiveType() == UInt32(TENDON_INIT_HELLO_OK))
    }
  }

  @Test("Thousands of requests with bytes changed at random don't end it.")
  func mutations() async throws {
    try await InitHarness.with { harness in
      let null = open("/dev/null", O_RDWR | O_CLOEXEC)
      defer { close(null) }
      var generator = SplitMix(state: 20_261_123)
      let good = try Self.spawnMessage()
      let raw = try RawClient(harness.launcher.socketPath)
      #expect(raw.send(InitRequestBytes.hello().bytes) == 0)
      #expect(raw.receiveType() == UInt32(TENDON_INIT_HELLO_OK))
      for _ in 0..<3000 {
        var bytes = good
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
          // The header stays, or most would end there.
          bytes[Int.random(in: 8..<bytes.count, using: &generator)] = .random(
            in: 0...255, using: &generator)
        }
        #expect(raw.send(bytes, fds: [null, null, null]) == 0)
        // Whatever comes: spawned, failed, an error, or the exit of one before.
        #expect(raw.receiveType() != nil)
      }
      let second = try await InitClient.connect(path: harness.launcher.socketPath)
      #expect(second.greeting.identity == harness.client.greeting.identity)
      #expect(try await !second.list().isEmpty)
    }
  }

  @Test("A client that doesn't read holds up neither tendon-init nor the next client.")
  func slowClient() async throws {
    try await InitHarness.with { harness in
      let null = open("/dev/null", O_RDWR | O_CLOEXEC)
      defer { close(null) }
      let raw = try RawClient(harness.launcher.socketPath)
      #expect(raw.send(InitRequestBytes.hello().bytes) == 0)
      let message = try Self.spawnMessage()
      var sent = 0
      // Until both directions are full: nothing moves any more.
      while sent < 3000 {
        if raw.send(message, fds: [null, null, null]) == EAGAIN {
          var writable = pollfd(fd: raw.socket, events: Int16(POLLOUT), revents: 0)
          if poll(&writable, 1, 2000) == 0 { break }
          continue
        }
        sent += 1
      }
      #expect(sent > 100)
      let second = try await InitClient.connect(path: harness.launcher.socketPath)
      let children = try await second.list()
      #expect(children.count > 100)
    }
  }
}

/// Sebastiano Vigna's splitmix64: the same numbers on every run.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
