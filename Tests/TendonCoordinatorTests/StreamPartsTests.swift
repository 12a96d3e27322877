// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import NIOCore
import TendonModel
import Testing

@testable import TendonCoordinator

@Suite("Parts of streams")
struct StreamPartsTests {
  @Test("A queue hands out all that waits at once, in order, and then its end.")
  func queue() async {
    let queue = LineQueue(limit: 10)
    #expect(queue.push(ByteBuffer(string: "a")) && queue.push(ByteBuffer(string: "b")))
    #expect(await queue.next() == ByteBuffer(string: "ab"))
    async let waiting = queue.next()
    #expect(queue.push(ByteBuffer(string: "c")))
    #expect(await waiting == ByteBuffer(string: "c"))
    #expect(queue.push(ByteBuffer(string: "d")))
    queue.finish()
    #expect(!queue.push(ByteBuffer(string: "e")))
    #expect(await queue.next() == ByteBuffer(string: "d"))
    #expect(await queue.next() == nil)
  }

  @Test("A queue takes one piece above its bound, and no second.")
  func bound() async {
    let queue = LineQueue(limit: 4)
    #expect(queue.push(ByteBuffer(string: "larger than four")))
    #expect(!queue.push(ByteBuffer(string: "x")))
    queue.cut(last: ByteBuffer(string: "the end"))
    #expect(await queue.next() == ByteBuffer(string: "the end"))
    #expect(await queue.next() == nil)
  }

  @Test(
    "An answer that has begun ends when its host is given up, with what came, and its request is hung up on."
  )
  func hostDown() async throws {
    let (board, host) = (ReplyBoard(), try HostID("h1"))
    let pipe = ReplyPipe()
    let id = board.add(pipe, host: host, now: MonotonicTime(nanoseconds: 0))
    #expect(board.answering.isEmpty)
    #expect(board.take(id, host: host) === pipe)
    #expect(board.answering == [host])
    let hungUp = OneShot<Void>()
    pipe.begin { hungUp.resolve(()) }
    _ = await pipe.send(ByteBuffer(string: "so far"))
    board.hostDown(try HostID("h2"))
    board.hostDown(host)
    await hungUp.value()
    #expect(await pipe.next() == ByteBuffer(string: "so far"))
    #expect(await pipe.next() == nil)
    #expect(board.answering.isEmpty)
  }

  @Test("Input of an exec goes one way once; there is a bound on how many there are.")
  func execs() throws {
    let (board, host) = (ExecBoard(), try HostID("h1"))
    for number in 1...UInt64(ExecBoard.most) {
      #expect(board.add(number, host: host, input: ReplyPipe()))
    }
    #expect(!board.add(0, host: host, input: ReplyPipe()))
    #expect(board.take(1, host: try HostID("h2")) == nil && board.take(1, host: host) != nil)
    #expect(board.take(1, host: host) == nil)
    #expect(board.send(to: 1) != nil && board.send(to: 1) == nil)
    board.remove(1)
    #expect(board.add(0, host: host, input: ReplyPipe()) && board.send(to: 1) == nil)
  }

  @Test("A pipe makes the writer wait for the reader, and frees it when the reader goes.")
  func pipe() async throws {
    let pipe = ReplyPipe()
    let hungUp = OneShot<Void>()
    pipe.begin { hungUp.resolve(()) }
    try await pipe.begun()
    let large = ByteBuffer(repeating: 1, count: ReplyPipe.limit + 1)
    async let first = pipe.send(large)
    #expect(await pipe.next() == large)
    #expect(await first)
    async let second = pipe.send(large)
    pipe.cancel()
    #expect(await !second)
    await hungUp.value()
    #expect(await pipe.next() == nil)
  }

  @Test("Tokens are equal only when all of their bytes are.")
  func tokens() {
    let token = Array("secret".utf8)
    #expect(Tokens.isEqual(Array("secret".utf8), token))
    for wrong in ["", "secre", "secrets", "Secret", "secretsecret"] {
      #expect(!Tokens.isEqual(Array(wrong.utf8), token), "\(wrong)")
    }
  }

  @Test(
    "An address to listen on has a port.",
    arguments: [
      ("0.0.0.0:7480", "0.0.0.0", 7480), ("[::]:1", "::", 1), ("localhost:0", "localhost", 0),
    ])
  func addresses(text: String, host: String, port: Int) throws {
    let address = try #require(ListenAddress(text))
    #expect(address.host == host && address.port == port && address.description == text)
  }

  @Test(
    "What is no address with a port is refused.",
    arguments: ["", "7480", ":7480", "::1", "a:x", "a:65536", "[]:1"])
  func notAddresses(text: String) { #expect(ListenAddress(text) == nil) }

  @Test("A route knows the methods of its path.")
  func routes() {
    var table = RouteTable()
    table.add(.get, "/v1/services/{name}")
    table.add(.delete, "/v1/services/{name}")
    #expect(table.methods(at: "/v1/services/web") == [.get, .delete])
    #expect(table.methods(at: "/v1/services") == [])
  }

  private func placements(_ count: Int) throws -> [DesiredPlacement] {
    let service = try ServiceName("web")
    let spec = Shared(
      wrappedValue: ServiceSpec(name: service, command: ["/bin/true", "\"splice-1\""]))
    return try (0..<count).map { slot in
      DesiredPlacement(
        epoch: Epoch(UInt64(slot + 1)), instance: InstanceID(service: service, slot: slot),
        host: try HostID("h1"), spec: spec,
        resources: slot % 3 == 0
          ? Resources(cpu: CPUResources(request: MilliCPU(9))) : spec.wrappedValue.resources,
        resourcesRevision: Revision(1), placedAt: Timestamp(millisecondsSinceEpoch: 5))
    }
  }

  @Test("A line whose parts were encoded once is the one that is encoded as a whole.")
  func splicedLine() throws {
    let line = AgentStreamLine.delta(
      revision: Revision(7), upserts: try placements(20), removals: [Epoch(1)])
    #expect(JSON.splicedLine(line) == JSON.line(line))
    #expect(JSON.splicedLine(AgentStreamLine.keepAlive) == JSON.line(AgentStreamLine.keepAlive))
  }

  @Test("A large change goes out in pieces, and only with the last is its revision reached.")
  func pieces() throws {
    let all = try placements(200)
    let line = AgentStreamLine.delta(
      revision: Revision(7), upserts: all, removals: [Epoch(500)])
    var (upserts, removals, revisions): ([DesiredPlacement], [Epoch], [UInt64]) = ([], [], [])
    for piece in line.pieces {
      guard case .delta(let revision, let some, let gone) = piece else {
        Issue.record("\(piece)")
        return
      }
      #expect(some.count <= 64)
      upserts += some
      removals += gone
      revisions.append(revision.rawValue)
    }
    #expect(upserts == all && removals == [Epoch(500)])
    #expect(revisions == [6, 6, 6, 7])
    let small = AgentStreamLine.delta(
      revision: Revision(7), upserts: Array(all.prefix(3)), removals: [])
    #expect(small.pieces == [small])
  }
}
