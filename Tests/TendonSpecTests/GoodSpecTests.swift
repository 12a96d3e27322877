// SPDX-License-Identifier: Apache-2.0

import TendonModel
import TendonSpec
import Testing

/// Parses a text that must be fine.
func parsed(_ text: String) throws -> [ServiceSpec] {
  let result = SpecParser.parse([SpecSource(name: "web.yaml", text: text)])
  try #require(result.errors.isEmpty, "\(result.errors.map(\.description))")
  return result.specs
}

struct GoodSpecTests {
  @Test("A name and a command are enough; the rest has defaults.")
  func minimal() throws {
    let specs = try parsed("name: web\ncommand: [sleep, 60]\n")
    #expect(specs == [ServiceSpec(name: try ServiceName("web"), command: ["sleep", "60"])])
  }

  @Test("Every key of a spec arrives in the model.")
  func complete() throws {
    let spec = try #require(
      try parsed(
        """
        name: web
        command: [server, --port, 80, true, 1.10]
        env: {A: text, B: 1.10, C: yes, D: "", E: 0x1F}
        workdir: /srv
        user: 1000:www-data
        replicas: 3
        ports: {http: auto, admin: 9000}
        resources:
          cpu: {request: 250m, limit: 2}
          memory: {request: 64, limit: 1.5Gi}
          io: {read: 10MB/s, write: max, weight: 200}
          pids: 100
        restart: on-failure
        stop_grace: 500ms
        labels: {app.example/tier: front, version: 1.10}
        """
      ).first)
    #expect(spec.command == ["server", "--port", "80", "true", "1.10"])
    #expect(spec.env == ["A": "text", "B": "1.10", "C": "yes", "D": "", "E": "0x1F"])
    #expect(spec.workdir == "/srv")
    #expect(spec.user == "1000:www-data")
    #expect(spec.replicas == 3)
    #expect(
      spec.ports == [PortSpec(name: "admin", fixed: 9000), PortSpec(name: "http")])
    #expect(
      spec.resources.cpu == CPUResources(request: MilliCPU(250), limit: .value(MilliCPU(2000))))
    #expect(
      spec.resources.memory == MemoryResources(request: Bytes(64), limit: .value(.mebibytes(1536))))
    #expect(
      spec.resources.io == IOResources(read: .value(ByteRate(10_000_000)), write: .max, weight: 200)
    )
    #expect(spec.resources.pids == .value(100))
    #expect(spec.restart == .onFailure)
    #expect(spec.stopGrace == Span(milliseconds: 500))
    #expect(spec.labels == ["app.example/tier": "front", "version": "1.10"])
  }

  @Test("Every key of resources arrives in the model.")
  func allResources() throws {
    let spec = try #require(
      try parsed(
        """
        name: web
        command: [x]
        resources:
          cpu: {request: 250m, limit: 2, burst: 500m}
          cores: 2
          memory: {request: 64Mi, guaranteed: true, limit: 1Gi, swap: 0}
          io:
            read_iops: 2000
            write_iops: max
            devices: {/var/lib/data: {write: 5MB/s}, 8:16: {read_iops: 100}}
          disk: 10Gi
          hugepages: {2Mi: 64Mi}
          service_limits:
            {cpu: 4, memory: 4Gi, swap: 0, pids: 1000, io: {write: 9MB/s, devices: {sdb: {read_iops: 7}}}}
        """
      ).first)
    #expect(
      spec.resources
        == Resources(
          cpu: CPUResources(
            request: MilliCPU(250), limit: .value(MilliCPU(2000)), burst: MilliCPU(500)),
          cores: 2,
          memory: MemoryResources(
            request: .mebibytes(64), limit: .value(.mebibytes(1024)), isGuaranteed: true,
            swap: .value(.zero)),
          io: IOResources(
            readOps: .value(2000),
            devices: [
              "/var/lib/data": IORates(write: .value(ByteRate(5_000_000))),
              "8:16": IORates(readOps: .value(100)),
            ]),
          disk: .value(.mebibytes(10240)), hugepages: HugePages([.mebibytes(2): .mebibytes(64)]),
          serviceLimits: ServiceLimits(
            cpu: .value(MilliCPU(4000)), memory: .value(.mebibytes(4096)), swap: .value(.zero),
            pids: .value(1000),
            io: IOResources(
              write: .value(ByteRate(9_000_000)), devices: ["sdb": IORates(readOps: .value(7))]))))
  }

  @Test("A service is fenced when it says so.")
  func fence() throws {
    #expect(try parsed("{name: web, command: [a], fence: true}").first?.fence == true)
    #expect(try parsed("{name: web, command: [a]}").first?.fence == false)
  }

  @Test("JSON is read as YAML is.")
  func json() throws {
    let specs = try parsed(
      #"{"name": "web", "command": ["a\u00e9\n", "b"], "replicas": 0, "ports": {"http": 80}}"#)
    #expect(specs.first?.command == ["aé\n", "b"])
    #expect(specs.first?.replicas == 0)
    #expect(specs.first?.ports == [PortSpec(name: "http", fixed: 80)])
  }

  @Test("A file may hold several services; empty documents are passed over.")
  func several() throws {
    let specs = try parsed(
      "---\n---\nname: a\ncommand: [x]\n---\n# nothing\n---\nname: b\ncommand: [y]\n...\n")
    #expect(specs.map(\.name.rawValue) == ["a", "b"])
  }

  @Test("Anchors, aliases and merge keys work; what is written beats what is merged.")
  func aliases() throws {
    let spec = try #require(
      try parsed(
        """
        name: &n web
        command: [echo, *n]
        resources:
          cpu: &cpu {request: 1, limit: 2}
          memory: {request: 1Mi, limit: 2Mi}
        labels: &l {a: one, b: two}
        env:
          <<: *l
          b: three
        """
      ).first)
    #expect(spec.command == ["echo", "web"])
    #expect(spec.env == ["a": "one", "b": "three"])
  }

  @Test(
    "A limit below the default request lowers the request to it.",
    arguments: [
      ("cpu: {limit: 50m}", 50, 64 << 20), ("cpu: {limit: 2}", 100, 64 << 20),
      ("memory: {limit: 32Mi}", 100, 32 << 20), ("memory: {limit: max}", 100, 64 << 20),
    ])
  func defaultRequest(text: String, cpu: Int64, memory: Int64) throws {
    let spec = try #require(
      try parsed("name: a\ncommand: [x]\nresources: {\(text)}").first)
    #expect(spec.resources.cpu.request == MilliCPU(cpu))
    #expect(spec.resources.memory.request == Bytes(memory))
  }

  @Test("A byte order mark and Windows line ends do no harm.")
  func windows() throws {
    #expect(try parsed("\u{FEFF}name: a\r\ncommand:\r\n  - x\r\n").first?.command == ["x"])
  }

  @Test("Words that YAML takes for booleans are text where they are quoted.")
  func quotedWords() throws {
    #expect(try parsed("name: \"on\"\ncommand: ['no']").first?.name.rawValue == "on")
    #expect(try parsed("name: !!str 404\ncommand: [x]").first?.name.rawValue == "404")
  }
}
