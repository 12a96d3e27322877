// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonModel
import Testing

@testable import tendon

@Suite("The command line")
struct CommandLineTests {
  private func parse<Command>(_ words: String, as: Command.Type) throws -> Command {
    try #require(
      try Tendon.parseAsRoot(words.split(separator: " ").map(String.init)) as? Command)
  }

  @Test("The options for the coordinator stand before a verb or after it.")
  func globalOptions() throws {
    #expect(try parse("--server a ps", as: ListInstances.self).global.server == "a")
    #expect(try parse("ps --server a", as: ListInstances.self).global.server == "a")
    #expect(
      try parse("get --token-file f hosts -w", as: GetHosts.self).global.tokenFile == "f")
  }

  @Test("Lists have their options and short names.")
  func lists() throws {
    let instances = try parse("get instances web.0 -o json", as: GetInstances.self).arguments
    #expect(instances.name == .instance(try InstanceID("web.0")))
    #expect(instances.list.output == .json)
    let hosts = try parse("hosts -w -o wide", as: ListHosts.self).arguments
    #expect(hosts.list.watch && hosts.list.output == .wide)
    #expect(try parse("get svc web", as: GetServices.self).name == ServiceName("web"))
    #expect(try parse("get events --limit 3 --since 7", as: GetEvents.self).since == 7)
  }

  @Test("A resize carries what was named, and nothing else.")
  func resize() throws {
    let command = try parse(
      "resize web/3 --cpu 500m:2 --memory 128Mi: --io-write 10MB/s --pids max --timeout 3s",
      as: Resize.self)
    var change = ResourcesChange()
    change.cpuRequest = MilliCPU(500)
    change.cpuLimit = .value(MilliCPU(2000))
    change.memoryRequest = .mebibytes(128)
    change.ioWrite = .value(ByteRate(10_000_000))
    change.pids = .max
    #expect(command.options.change == change)
    #expect(command.subject.slot == 3)
    #expect(command.timeout.span == .seconds(3))
  }

  @Test("Waiting takes a time or none; files may be many.")
  func apply() throws {
    #expect(try parse("apply -f a b -f c --wait", as: Apply.self).wait == WaitTime.standard)
    #expect(try parse("apply -f a b -f c --wait", as: Apply.self).files == ["a", "b", "c"])
    #expect(
      try parse("apply --wait 5m -f -", as: Apply.self).wait?.span == Span(milliseconds: 300_000))
    #expect(try parse("apply -f a", as: Apply.self).wait == nil)
  }

  @Test("A service or one of its instances is released.")
  func release() throws {
    #expect(try parse("release web", as: Release.self).subject == .service(ServiceName("web")))
    #expect(
      try parse("release web/3", as: Release.self).subject == .instance(InstanceID("web.3")))
  }

  @Test(
    "A wrong command line is bad input, status 2.",
    arguments: [
      "frob", "apply", "resize web", "resize web --cpu 3:2", "resize web --cpu 1m", "scale web",
      "scale web x", "scale web 100001", "resize web --io-weight 0", "limits web",
      "logs web.0 --tail -1", "release", "release web.x",
      "ps -o xml", "limits", "apply -f a --wait forever", "get events web --service web",
      "logs web.0 --stdout --stderr", "resize web --pids 0", "resize web --memory 1k",
    ])
  func badInput(_ words: String) {
    let error = #expect(throws: (any Error).self) {
      _ = try Tendon.parseAsRoot(words.split(separator: " ").map(String.init))
    }
    guard let error else { return }
    #expect(Failure(error).status == 2)
    #expect(!Failure(error).text.isEmpty)
  }

  @Test("Help and the version are no errors.", arguments: ["--help", "--version", "resize --help"])
  func help(_ words: String) {
    let error = #expect(throws: (any Error).self) {
      var command = try Tendon.parseAsRoot(words.split(separator: " ").map(String.init))
      try command.run()
    }
    #expect(error.map { Failure($0).status } == 0)
  }
}
