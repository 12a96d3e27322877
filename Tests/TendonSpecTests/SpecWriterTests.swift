// SPDX-License-Identifier: Apache-2.0

import TendonModel
import TendonSpec
import Testing

struct SpecWriterTests {
  @Test("What is written reads back as an equal spec.", arguments: 1...300)
  func roundTrip(seed: Int) throws {
    var random = SplitMix(state: UInt64(seed))
    let spec = try Self.spec(using: &random)
    let text = SpecWriter.yaml(spec)
    #expect(try parsed(text) == [spec], "\(text)")
    #expect(SpecWriter.yaml(try #require(try parsed(text).first)) == text)
  }

  @Test("The canonical text is plain and complete.")
  func canonical() throws {
    let spec = ServiceSpec(
      name: try ServiceName("web"), command: ["sleep", "60", "a b"], env: ["ON": "on"],
      ports: [PortSpec(name: "http")])
    #expect(
      SpecWriter.yaml(spec) == """
        name: web
        command:
          - sleep
          - "60"
          - "a b"
        env:
          "ON": "on"
        replicas: 1
        ports:
          http: auto
        resources:
          cpu:
            request: 100m
            limit: max
          memory:
            request: 64Mi
            limit: max
        restart: always
        stop_grace: 10s

        """)
  }

  /// Any spec that can be, with texts that are awkward for YAML.
  private static func spec(using random: inout SplitMix) throws -> ServiceSpec {
    let cpu = MilliCPU(Int64.random(in: 10...64_000, using: &random))
    let memory = Bytes(Int64.random(in: 1 << 20...1 << 40, using: &random))
    var resources = Resources(
      cpu: CPUResources(
        request: MilliCPU(Int64.random(in: 0...cpu.rawValue, using: &random)),
        limit: Bool.random(using: &random) ? .max : .value(cpu)),
      memory: MemoryResources(
        request: Bytes(Int64.random(in: 0...memory.rawValue, using: &random)),
        limit: Bool.random(using: &random) ? .max : .value(memory)),
      io: IOResources(
        read: Bool.random(using: &random) ? .max : .value(ByteRate(memory.rawValue / 3 + 1)),
        readOps: Bool.random(using: &random)
          ? .max : .value(Int.random(in: 1...99, using: &random)),
        devices: Bool.random(using: &random)
          ? [:]
          : [
            "8:16": IORates(writeOps: .value(5)), "/var/lib/x": IORates(read: .value(ByteRate(1))),
          ],
        weight: Bool.random(using: &random) ? nil : Int.random(in: 1...10_000, using: &random)),
      pids: Bool.random(using: &random) ? .max : .value(Int.random(in: 1...4096, using: &random)),
      disk: Bool.random(using: &random) ? .max : .value(Bytes(memory.rawValue)),
      hugepages: Bool.random(using: &random)
        ? HugePages() : HugePages([.mebibytes(2): .mebibytes(64), .mebibytes(1024): .zero]),
      serviceLimits: Bool.random(using: &random)
        ? ServiceLimits()
        : ServiceLimits(
          cpu: .value(cpu), memory: .value(memory), pids: .value(9),
          io: Bool.random(using: &random)
            ? IOResources()
            : IOResources(
              read: .value(ByteRate(5)), devices: ["/var/lib/x": IORates(writeOps: .value(6))])))
    resources.memory.isGuaranteed = Bool.random(using: &random)
    resources.memory.swap = Bool.random(using: &random) ? .max : .value(.zero)
    if let limit = resources.cpu.limit.value, Bool.random(using: &random) {
      resources.cpu.burst = MilliCPU(Int64.random(in: 0...limit.rawValue, using: &random))
    }
    if Bool.random(using: &random) {
      resources.cores = Int(resources.cpu.request.rawValue / 1000) + 1
    }
    let texts = (0..<4).map { _ in text(using: &random) }
    return ServiceSpec(
      name: try ServiceName(
        ["web", "on", "404", "a-1", "1e3"].randomElement(using: &random) ?? "w"),
      command: ["x"] + texts, env: ["A": texts[0], "null": texts[1], "_9": texts[2]],
      workdir: Bool.random(using: &random) ? nil : "/" + texts[3],
      user: [nil, "root", "0:0", "www-data:www-data", "1000"].randomElement(using: &random) ?? nil,
      replicas: Int.random(in: 0...100_000, using: &random),
      ports: Bool.random(using: &random)
        ? [] : [PortSpec(name: "1", fixed: 1), PortSpec(name: "http"), PortSpec(name: "on")],
      resources: resources, restart: RestartPolicy.allCases.randomElement(using: &random) ?? .never,
      stopGrace: Span(milliseconds: Int64.random(in: 0...10_000_000, using: &random)),
      labels: ["1.0": texts[0], "a/b": texts[1], "true": texts[2]])
  }

  private static func text(using random: inout SplitMix) -> String {
    let pieces = [
      "", "a", "null", "~", "yes", "1.0", " ", "\n", "\t", "\"", "'", "\\", ": ", "#", "- ", "&a",
      "*a",
      "!x", "%", "{", "]", "é", "世界", "\u{1F600}", "\u{85}", "\u{2028}", "\u{FEFF}", "\u{7F}",
      "\u{1}", "\u{FFFE}", "\r\n", "<<", "---", "/usr/bin",
    ]
    return (0...Int.random(in: 0...3, using: &random))
      .map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
  }
}
