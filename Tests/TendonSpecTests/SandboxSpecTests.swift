// SPDX-License-Identifier: Apache-2.0

import Foundation
import TendonModel
import TendonSpec
import Testing

struct SandboxSpecTests {
  private static let complete = """
    name: web
    command: [x]
    user: dynamic
    isolation: strict
    root: /srv/image
    groups: [adm, 27]
    env_files: [/etc/web.env]
    secrets: {token: /etc/secrets/token, db.pass: "/etc/secrets/a b"}
    sandbox:
      no_new_privs: false
      capabilities: {keep: [net_bind_service, chown]}
      rlimits: {nofile: 1024:4096, core: 0, memlock: unlimited, stack: 8388608:unlimited}
      umask: 027
      nice: -5
      ioprio: best-effort:2
      oom_score_adj: 500
      read_only_root: true
      writable: [/var/cache/web]
      private_tmp: false
      hidden: [/home, /etc/shadow]
      private_devices: true
      namespaces: [pid, net]
      seccomp: /etc/web.seccomp.json
    """

  @Test("Every key arrives in the model.")
  func arrives() throws {
    let spec = try #require(try parsed(Self.complete).first)
    let sandbox = spec.sandbox
    #expect(spec.user == Sandbox.dynamicUser)
    #expect(sandbox.isolation == .strict)
    #expect(sandbox.root == "/srv/image")
    #expect(sandbox.groups == ["adm", "27"])
    #expect(sandbox.envFiles == ["/etc/web.env"])
    #expect(sandbox.secrets == ["token": "/etc/secrets/token", "db.pass": "/etc/secrets/a b"])
    let settings = sandbox.settings
    #expect(settings.noNewPrivileges == false)
    #expect(settings.keptCapabilities == [.netBindService, .chown])
    #expect(
      settings.limits == [
        "nofile": ProcessLimit(soft: 1024, hard: 4096), "core": ProcessLimit(soft: 0, hard: 0),
        "memlock": ProcessLimit(soft: .max, hard: .max),
        "stack": ProcessLimit(soft: 8_388_608, hard: .max),
      ])
    #expect(settings.umask == 0o027)
    #expect(settings.nice == -5)
    #expect(settings.ioPriority == IOPriority("best-effort:2"))
    #expect(settings.oomScoreAdjust == 500)
    #expect(settings.readOnlyRoot == true && settings.privateTmp == false)
    #expect(settings.privateDevices == true)
    #expect(settings.writable == ["/var/cache/web"])
    #expect(settings.hidden == ["/home", "/etc/shadow"])
    #expect(settings.namespaces == [.pid, .net])
    #expect(settings.seccomp == .file("/etc/web.seccomp.json"))
  }

  @Test(
    "What is written as YAML or JSON reads back as an equal spec.",
    arguments: [
      complete,
      "name: a\ncommand: [x]\nisolation: none\nsandbox: {umask: 0, nice: 0, seccomp: unconfined}",
      "name: a\ncommand: [x]\nsandbox: {capabilities: {keep: [none]}, hidden: [none], namespaces: [none]}",
      "name: a\ncommand: [x]",
    ])
  func roundTrip(text: String) throws {
    let specs = try parsed(text)
    let written = SpecWriter.yaml(try #require(specs.first))
    #expect(try parsed(written) == specs, "\(written)")
    let json = try JSONEncoder().encode(specs)
    #expect(try JSONDecoder().decode([ServiceSpec].self, from: json) == specs)
  }

  @Test("A list of nothing is not the same as no list.")
  func nothing() throws {
    let settings = try #require(
      try parsed("name: a\ncommand: [x]\nsandbox: {capabilities: {keep: [none]}}").first
    ).sandbox.settings
    #expect(settings.keptCapabilities == [])
    #expect(settings.hidden == nil && settings.namespaces == nil)
  }

  @Test("A spec from before there were sandboxes is a standard one.")
  func old() throws {
    let json = """
      {"name": "a", "command": ["x"], "env": {}, "replicas": 1, "ports": [], "labels": {},
       "resources": {"cpu": {"request": "100m", "limit": "max"}, "memory": {"request": "64Mi",
       "limit": "max"}, "io": {"read": "max", "write": "max"}, "pids": "max"},
       "restart": "always", "stop_grace": "10s"}
      """
    let spec = try JSONDecoder().decode(ServiceSpec.self, from: Data(json.utf8))
    #expect(spec.sandbox == Sandbox() && spec.sandbox.isolation == .standard)
  }

  @Test("A changed sandbox needs new processes.")
  func newProcesses() throws {
    let spec = try #require(try parsed("name: a\ncommand: [x]").first)
    var changed = spec
    changed.sandbox.settings.nice = 1
    #expect(changed.needsNewProcesses(comparedTo: spec))
    #expect(!spec.needsNewProcesses(comparedTo: spec))
  }

  static let bad: [BadCase] = [
    BadCase("isolation: full", at: 12, "isolation", "one of none, standard, strict"),
    BadCase("root: srv", at: 7, "root", "absolute path"),
    BadCase("root: /", at: 7, "root", "the host's own root"),
    BadCase("root: /a/../b", at: 7, "root", "without '..'"),
    BadCase("groups: [a:b]", at: 10, "groups[0]", "a group, by name or number"),
    BadCase("secrets: {a/b: /x}", at: 11, "secrets.a/b", "a secret's name"),
    BadCase("secrets: {a: x}", at: 14, "secrets.a", "absolute path"),
    BadCase("env_files: [x]", at: 13, "env_files[0]", "absolute path"),
    BadCase("sandbox: {priv: true}", at: 11, "sandbox.priv", "the keys here are no_new_privs"),
    BadCase(
      "sandbox: {capabilities: {keep: [net_admn]}}", at: 33, "sandbox.capabilities.keep[0]",
      "net_admin"),
    BadCase("sandbox: {capabilities: {}}", at: 25, "sandbox.capabilities.keep", "is missing"),
    BadCase("sandbox: {rlimits: {files: 1}}", at: 21, "sandbox.rlimits.files", "a limit: as, core"),
    BadCase("sandbox: {rlimits: {nofile: 2:1}}", at: 29, "sandbox.rlimits.nofile", "soft <= hard"),
    BadCase("sandbox: {umask: 99}", at: 18, "sandbox.umask", "octal"),
    BadCase("sandbox: {nice: 20}", at: 17, "sandbox.nice", "-20 to 19"),
    BadCase("sandbox: {ioprio: realtime}", at: 19, "sandbox.ioprio", "realtime:0"),
    BadCase("sandbox: {oom_score_adj: 1001}", at: 26, "sandbox.oom_score_adj", "-1000 to 1000"),
    BadCase("sandbox: {read_only_root: yes}", at: 27, "sandbox.read_only_root", "true or false"),
    BadCase("sandbox: {hidden: [/]}", at: 19, "sandbox.hidden", "not /"),
    BadCase("sandbox: {namespaces: [user]}", at: 24, "sandbox.namespaces[0]", "pid, mount"),
    BadCase("sandbox: {seccomp: p.json}", at: 20, "sandbox.seccomp", "default, unconfined, or"),
    BadCase(
      "ports: {http: auto}\nsandbox: {namespaces: [net]}", at: 23, "sandbox.namespaces",
      "nobody reaches the port http", line: 4),
  ]

  @Test("Mistakes are told with their place and key.", arguments: bad)
  func mistakes(_ bad: BadCase) throws {
    let result = SpecParser.parse([SpecSource(name: "web.yaml", text: bad.text)])
    let error = try #require(result.errors.first, "nothing was wrong")
    #expect(error.line == bad.line && error.column == bad.column, "\(error)")
    #expect(error.subject == bad.path)
    #expect(error.message.contains(bad.says), "\(error.message)")
  }
}
