// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import TendonClient
import TendonLab
import TendonLabClient
import TendonModel

/// The demo from the first boot to the table at its end.
struct DemoRun {
  let stage: Stage
  let name: String
  let hosts: Int
  let services: [ServiceSpec]
  let out: String

  func run() async throws {
    stage.title("Tendon: an elastic orchestrator for processes on your own hosts")
    stage.step("Bringing up \(hosts) hosts, each with a Linux kernel of its own")
    try await Lab.down(name: name)
    var configuration = LabConfiguration(name: name, hosts: hosts)
    configuration.endsWithThisProcess = false
    try await LabCluster.with(try await Lab.up(configuration)) { try await show(on: $0) }
  }

  private func show(on cluster: LabCluster) async throws {
    var report = DemoReport()
    let site = services[0].name
    try await showHosts(cluster, &report)
    try await apply(on: cluster, &report)
    try await visit(site, on: cluster)
    try await showLimits(of: site, on: cluster)
    try await resize(site, on: cluster, &report)
    try await loseHost(on: cluster, &report)
    try await killAgent(on: cluster, &report)
    try await killCoordinator(on: cluster, &report)
    try finish(cluster, report)
  }

  private func showHosts(_ cluster: LabCluster, _ report: inout DemoReport) async throws {
    var rows = [["HOST", "STATE", "CPU", "MEMORY", "KERNEL", "CONTROLLERS"]]
    for host in try await cluster.client.hosts() {
      rows.append([
        host.id.rawValue, host.state.rawValue, "\(host.facts.capacity.cpu)",
        "\(host.facts.capacity.memory.rawValue >> 20)Mi", host.facts.kernel,
        host.facts.controllers.joined(separator: " "),
      ])
    }
    stage.table(rows)
    report.hosts = rows.count - 1
  }

  private func apply(on cluster: LabCluster, _ report: inout DemoReport) async throws {
    stage.step("tendon apply -f examples/website: a dynamic and a static site")
    let start = ContinuousClock.now
    _ = try await cluster.client.apply(ApplyRequest(services: services))
    for spec in services { try await cluster.waitUntilRunning(spec.name, replicas: spec.replicas) }
    stage.good("all running \(text(ContinuousClock.now - start)) after the request")
    report.instances = try await showInstances(cluster)
  }

  /// Prints every instance with its process; returns how many run.
  private func showInstances(_ cluster: LabCluster) async throws -> Int {
    let views = try await cluster.client.instances()
    var rows = [["INSTANCE", "STATE", "HOST", "PID", "EPOCH", "ADDRESS"]]
    for view in views {
      let port = view.status?.ports["http"].map { ":\($0)" } ?? ""
      rows.append([
        view.id.description, view.state.rawValue, view.host?.rawValue ?? "-",
        view.status?.pid.map { "\($0)" } ?? "-", view.epoch.map { "\($0)" } ?? "-",
        view.address.map { "http://\($0)\(port)" } ?? "-",
      ])
    }
    stage.table(rows)
    let balance = Dictionary(grouping: views.compactMap(\.host), by: { $0 })
      .sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.count)" }
    stage.good("balance: \(balance.joined(separator: ", "))")
    return views.count { $0.state == .running }
  }

  private func visit(_ service: ServiceName, on cluster: LabCluster) async throws {
    stage.step("Asking an instance for a page")
    guard let view = try await cluster.client.instances(of: service).first,
      let host = view.host?.rawValue, let address = view.address,
      let port = view.status?.ports["http"]
    else { throw LabClusterError("\(service) has no instance with a port") }
    let other = cluster.lab.hosts.first { $0 != host } ?? host
    // Running means that the process was started; it listens a moment later.
    let page = try await cluster.lab.shell(
      other,
      "curl -sS -m 10 --retry 10 --retry-connrefused --retry-delay 1 "
        + "'http://\(address):\(port)/?name=Ada'")
    guard let heading = page.split(separator: "\n").first(where: { $0.contains("<h1>") }),
      heading.contains("动态网站 - Ada")
    else { throw LabClusterError("the page is not the website's: \(page)") }
    stage.good("\(other) reads from \(view.id) on \(host): \(trimmed(heading))")
  }

  private func showLimits(of service: ServiceName, on cluster: LabCluster) async throws {
    let id = InstanceID(service: service, slot: 0)
    stage.step("tendon limits \(id): what was asked, what was written, what the kernel answers")
    showKnobs(try await cluster.client.limits(of: id).knobs)
  }

  private func showKnobs(_ knobs: [KnobReport]) {
    var rows = [["KNOB", "SPEC", "WRITTEN", "KERNEL", "USE"]]
    for knob in knobs {
      rows.append([
        knob.knob, knob.requested, knob.written ?? "-", knob.readBack ?? "-", knob.use ?? "",
      ])
    }
    stage.table(rows)
  }

  private func trimmed(_ line: Substring) -> String {
    String(line.drop { $0 == " " })
  }

  private func finish(_ cluster: LabCluster, _ report: DemoReport) throws {
    stage.step("What was shown")
    stage.table([
      ["PROMISE", "SEEN"],
      ["hosts with kernels of their own", "\(report.hosts)"],
      ["instances, balanced", "\(report.instances)"],
      ["resize of a running service", "\(milliseconds(report.resizeMilliseconds))"],
      ["  processes unchanged", yes(report.pidsUnchanged)],
      ["power loss to \"down\"", "\(milliseconds(report.detectMilliseconds))"],
      ["power loss to replacements running", "\(milliseconds(report.replaceMilliseconds))"],
      ["agent killed: processes unchanged", yes(report.agentKillPIDsUnchanged)],
      ["coordinator killed: processes unchanged", yes(report.coordinatorKillPIDsUnchanged)],
    ])
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try TextFile.write(String(decoding: try encoder.encode(report), as: UTF8.self) + "\n", to: out)
    stage.tell("")
    stage.tell("Written to \(out). The cluster is still up:")
    for line in cluster.lab.environmentLines().split(separator: "\n") {
      stage.tell("  \(line)")
    }
    stage.tell("  export PATH=\(LabConfiguration.defaultBinaries()):$PATH")
    stage.tell("  tendon ps        tendon hosts        tendon why \(services[0].name).0")
    if let dashboard = try cluster.lab.dashboardURL() { stage.tell("Dashboard: \(dashboard)") }
    stage.tell("`make demo-down` ends it.")
    guard report.isGood else { throw LabClusterError("not everything held; see the table") }
  }

  private func yes(_ flag: Bool) -> String { flag ? "yes" : "NO" }

  func milliseconds(_ value: Double) -> String { "\(Int(value.rounded())) ms" }

  func text(_ duration: Duration) -> String { "\(duration.wholeMilliseconds) ms" }
}
