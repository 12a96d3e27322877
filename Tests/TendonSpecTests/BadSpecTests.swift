// SPDX-License-Identifier: Apache-2.0

import TendonModel
import TendonSpec
import Testing

/// A text with one fault, and what must be said about it.
struct BadCase: Sendable, CustomTestStringConvertible {
  let text: String
  let line: Int
  let column: Int
  let path: String?
  let says: String

  var testDescription: String { path ?? says }

  init(_ text: String, _ line: Int, _ column: Int, _ path: String?, _ says: String) {
    self.text = text
    self.line = line
    self.column = column
    self.path = path
    self.says = says
  }

  /// The fault in the third line, below a name and a command.
  init(_ third: String, at column: Int, _ path: String?, _ says: String, line: Int = 3) {
    self.init("name: a\ncommand: [x]\n" + third, line, column, path, says)
  }
}

struct BadSpecTests {
  static let keys: [BadCase] = [
    BadCase("replica: 2", at: 1, "replica", "did you mean replicas?"),
    BadCase("image: nginx", at: 1, "image", "the keys here are name, command"),
    BadCase("resources: {cpu: {limits: 2}}", at: 19, "resources.cpu.limits", "did you mean limit?"),
    BadCase("user: b\nuser: c", at: 1, "user", "the first is in line 3", line: 4),
    BadCase("env: {A: 1, A: 2}", at: 13, "env.A", "given twice"),
    BadCase("env: {[a]: 1}", at: 7, "env", "a list cannot be a key"),
    BadCase("command: [x]", 1, 1, "name", "is missing"),
    BadCase("name: a", 1, 1, "command", "is missing"),
    BadCase("name: a\ncommand: sleep 60", 2, 10, "command", "as a list, such as [sleep"),
    BadCase("name: a\ncommand: []", 2, 10, "command", "is empty"),
    BadCase("name: a\ncommand: [x, [y]]", 2, 14, "command[1]", "a list is not a text"),
    BadCase("name: a\ncommand: [x, ]\nenv: []", 3, 6, "env", "a list is not a mapping"),
    BadCase("- name: a", 1, 1, nil, "a list is not a mapping"),
    BadCase("just words", 1, 1, nil, "is not a mapping"),
    BadCase("name: a\ncommand:\n  - x\n  -", 4, 4, "command[1]", "has no value"),
  ]

  static let values: [BadCase] = [
    BadCase("name: Web\ncommand: [x]", 1, 7, "name", "only lower-case letters"),
    BadCase("name: 404\ncommand: [x]", 1, 7, "name", "is a number, not text; write it in quotes"),
    BadCase("name: on\ncommand: [x]", 1, 7, "name", "is a boolean, not text"),
    BadCase("name:\ncommand: [x]", 1, 6, "name", "has no value"),
    BadCase("replicas: -1", at: 11, "replicas", "outside 0 to 100000"),
    BadCase("replicas: 1e3", at: 11, "replicas", "not a whole number"),
    BadCase("replicas: 010", at: 11, "replicas", "not a whole number"),
    BadCase("replicas: \"3\"", at: 11, "replicas", "in quotes is text"),
    BadCase("replicas: 99999999999999999999", at: 11, "replicas", "outside"),
    BadCase("ports: {http: 70000}", at: 15, "ports.http", "from 1 to 65535, or auto"),
    BadCase("ports: {HTTP: auto}", at: 9, "ports.HTTP", "lower-case"),
    BadCase("ports: [80]", at: 8, "ports", "name: auto"),
    BadCase("ports: {a: 80, b: 80}", at: 19, "ports.b", "80 is the port of a already"),
    BadCase(
      "ports: {http: auto}\nenv: {PORT_HTTP: 80}", at: 18, "env.PORT_HTTP", "set by", line: 4),
    BadCase("env: {1A: x}", at: 7, "env.1A", "variable's name"),
    BadCase("env: {A: }", at: 10, "env.A", "has no value; write \"\""),
    BadCase("env: {A: [x]}", at: 10, "env.A", "is not a text"),
    BadCase("env: {A: \"x\\0y\"}", at: 10, nil, "NUL"),
    BadCase("workdir: srv", at: 10, "workdir", "absolute path"),
    BadCase("user: a:b:c", at: 7, "user", "user:group"),
    BadCase("user: 4294967295", at: 7, "user", "user:group"),
    BadCase("restart: no", at: 10, "restart", "one of always, on-failure, never"),
    BadCase("stop_grace: 10", at: 13, "stop_grace", "such as 500ms"),
    BadCase("labels: {\"\": x}", at: 10, "labels.", "1 to 63"),
    BadCase("labels: !!python/object {a: x}", at: 9, nil, "has no meaning here"),
  ]

  static let resources: [BadCase] = [
    BadCase("cpu: 500m", at: 18, "cpu", "write {request: 250m, limit: 1}"),
    BadCase("cpu: {limit: 2 cores}", at: 26, "cpu.limit", "such as 250m, 0.5 or 2, or max"),
    BadCase("cpu: {limit: -1}", at: 26, "cpu.limit", "is not an amount of CPU"),
    BadCase("cpu: {request: max}", at: 28, "cpu.request", "is not an amount of CPU"),
    BadCase("cpu: {limit: 5m}", at: 26, "cpu.limit", "outside 10m"),
    BadCase("cpu: {request: 2, limit: 1}", at: 28, "cpu.request", "over the limit of 1"),
    BadCase("memory: {limit: 64mb}", at: 29, "memory.limit", "such as 64Mi"),
    BadCase("memory: {limit: 64Ki}", at: 29, "memory.limit", "outside 1Mi"),
    BadCase("memory: {limit: 9999999Pi}", at: 29, "memory.limit", "is not an amount"),
    BadCase("memory: {request: 2Gi, limit: 1Gi}", at: 31, "memory.request", "over the limit"),
    BadCase("io: {write: 10MB/h}", at: 25, "io.write", "a rate in bytes per second"),
    BadCase("io: {write: 0}", at: 25, "io.write", "at least 1B/s"),
    BadCase("io: {weight: 20000}", at: 26, "io.weight", "outside 1 to 10000"),
    BadCase("pids: 0", at: 19, "pids", "from 1 to 4194304, or max"),
    BadCase("cpu: {burst: 1}", at: 26, "cpu.burst", "needs a limit"),
    BadCase("cpu: {request: 3}, cores: 2", at: 28, "cpu.request", "over the 2 exclusive cores"),
    BadCase("cores: 0", at: 20, "cores", "outside 1 to 8192"),
    BadCase("memory: {guaranteed: maybe}", at: 34, "memory.guaranteed", "true or false"),
    BadCase("io: {read_iops: 0}", at: 29, "io.read_iops", "from 1 to 1000000000, or max"),
    BadCase("io: {devices: {sdb: {write: x}}}", at: 41, "io.devices.sdb.write", "a rate in bytes"),
    BadCase("io: {devices: {\"s b\": {}}}", at: 28, "io.devices.s b", "a device's name"),
    BadCase("disk: 1x", at: 19, "disk", "such as 64Mi"),
    BadCase("hugepages: {3Mi: 6Mi}", at: 30, "hugepages.3Mi", "no size of a huge page"),
    BadCase("hugepages: {big: 1Mi}", at: 25, "hugepages.big", "the size of a huge page"),
    BadCase("service_limits: {pids: 0}", at: 36, "service_limits.pids", "from 1 to 4194304"),
    BadCase("service_limits: {fds: 1}", at: 30, "service_limits.fds", "the keys here are cpu"),
    BadCase(
      "service_limits: {io: {weight: 1}}", at: 35, "service_limits.io.weight",
      "the keys here are read"),
  ].map { old in
    let text = old.text.replacing("command: [x]\n", with: "command: [x]\nresources: {") + "}"
    return BadCase(text, old.line, old.column, "resources." + (old.path ?? ""), old.says)
  }

  static let syntax: [BadCase] = [
    BadCase("", 1, 1, nil, "holds no service"),
    BadCase("# only words\n", 1, 1, nil, "holds no service"),
    BadCase("---\n", 1, 1, nil, "holds no service"),
    BadCase("name: a\ncommand:\n\t- x\n", 3, 1, nil, "a tab cannot indent"),
    BadCase("name: a\ncommand: [x\n", 3, 1, nil, "not valid YAML"),
    BadCase("name: a\ncommand: [x, *y]\n", 2, 14, nil, "no anchor &y"),
    BadCase("name: a\n\u{7}", 2, 1, nil, "control characters"),
    BadCase("name: a\ncommand: [x]\nenv: {<<: [1]}", 3, 12, nil, "only a mapping can be merged"),
  ]

  @Test(
    "A fault is told with its line, column, path and reason.",
    arguments: [
      keys, values, resources, syntax,
    ].flatMap { $0 })
  func fault(_ bad: BadCase) {
    let result = SpecParser.parse([SpecSource(name: "web.yaml", text: bad.text)])
    #expect(result.specs.isEmpty)
    let error = result.errors.first { $0.message.contains(bad.says) }
    #expect(error != nil, "\(result.errors.map(\.description))")
    #expect(error?.file == "web.yaml")
    #expect(error?.line == bad.line)
    #expect(error?.column == bad.column)
    #expect(error?.subject == bad.path)
    #expect(result.errors.count == 1, "\(result.errors.map(\.description))")
  }

  @Test("All faults of all documents and files come at once, in the order of the lines.")
  func allAtOnce() {
    let text = """
      name: Web
      replica: 3
      resources: {cpu: {request: 2, limit: 1}, memory: 5}
      ---
      name: b
      command: [x]
      env: {A: 1, A: 2}
      ---
      name: c
      command: [
      """
    let result = SpecParser.parse([
      SpecSource(name: "one.yaml", text: text),
      SpecSource(name: "two.yaml", text: "name: b\ncommand: [x]\n---\nname: d\ncommand: [x]\n"),
    ])
    #expect(result.specs.isEmpty)
    #expect(
      result.errors.map { "\($0.file ?? ""):\($0.line ?? 0) \($0.subject ?? "-")" } == [
        "one.yaml:1 command", "one.yaml:1 name", "one.yaml:2 replica",
        "one.yaml:3 resources.cpu.request", "one.yaml:3 resources.memory", "one.yaml:7 env.A",
        "one.yaml:11 -", "two.yaml:1 name",
      ])
    #expect(
      result.errors.last?.message == "the service b is already defined in one.yaml, line 5")
  }

  @Test("An error reads as compilers write them.")
  func text() {
    let result = SpecParser.parse([
      SpecSource(name: "a.yaml", text: "name: a\ncommand: [x]\nresources: {pids: 0}")
    ])
    #expect(
      result.errors.map(\.description) == [
        "a.yaml:3:19: resources.pids: \"0\" is not a whole number from 1 to 4194304, or max"
      ])
  }

  @Test("After a hundred errors the rest is only counted.")
  func manyErrors() {
    let lines = (0..<150).map { "key\($0): x" }.joined(separator: "\n")
    let result = SpecParser.parse([SpecSource(text: "name: a\ncommand: [x]\n" + lines)])
    #expect(result.errors.count == 101)
    #expect(result.errors.last?.message == "and 50 more errors, not shown")
  }
}
