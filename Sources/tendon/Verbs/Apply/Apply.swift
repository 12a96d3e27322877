// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import TendonClient
import TendonModel
import TendonSpec

struct Apply: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Create or change services from spec files, all at once or not at all.",
    discussion: """
      Every file is checked first; each error is told as FILE:LINE:COLUMN: KEY: MESSAGE, and nothing is sent \
      if there is one.
      """)

  @OptionGroup var global: GlobalOptions
  @OptionGroup var show: ShowOptions

  @Option(
    name: [.short, .customLong("file")], parsing: .upToNextOption,
    help: ArgumentHelp(
      "Spec files (YAML or JSON), folders of them, or - for standard input.", valueName: "file"),
    completion: .file(extensions: ["yaml", "yml", "json"]))
  var files: [String]

  @Option(
    defaultAsFlag: WaitTime.standard,
    help: ArgumentHelp(
      "Wait until all the replicas run and all the jobs have succeeded, at most so long (60s).",
      valueName: "time"))
  var wait: WaitTime?

  @Flag(name: .customLong("dry-run"), help: "Only check the files.")
  var dryRun = false

  @Flag(help: "Show what applying would place, stop and leave without a host, and do nothing.")
  var plan = false

  func validate() throws {
    if plan, dryRun { throw ValidationError("give --plan or --dry-run, not both") }
    if plan, wait != nil {
      throw ValidationError("--plan does nothing that --wait could wait for")
    }
  }

  func run() async throws {
    let specs = try SpecFiles.specs(files)
    if dryRun {
      for spec in specs { try global.console.print("\(spec.name)  valid") }
      return
    }
    try await global.withClient { client in
      if plan {
        let plan = try await client.plan(ApplyRequest(services: specs))
        try show.show(plan, on: global.console) {
          try PlanPrinter(plan: plan, console: global.console).print()
        }
        return
      }
      // Asked before: afterwards the old copies could not be told from the new ones.
      let replaced = wait == nil ? [:] : try await replacedCopies(specs, client)
      let response = try await client.apply(ApplyRequest(services: specs))
      try show.show(response, on: global.console) {
        var table = Table([("SERVICE", .left), ("OUTCOME", .left), ("MESSAGE", .left)])
        let rows = response.services.map { service in
          [
            Cell(service.name.rawValue), Cell(service.outcome.rawValue, service.outcome.style),
            Cell(service.message),
          ]
        }
        try global.console.print(table.text(rows, hasColours: global.console.hasColours))
      }
      guard let wait else { return }
      let started = ContinuousClock.now
      try await Waiting(limit: wait.span).untilRunning(
        Readiness(specs.filter { $0.workload.kind == .service }, replacing: replaced), client)
      try await JobEnd(limit: wait.span).wait(
        for: specs.filter { [.job, .daemon].contains($0.workload.kind) }.map(\.name), client,
        console: global.console)
      let took = Span(milliseconds: (ContinuousClock.now - started).wholeMilliseconds)
      try global.console.note("all is as wanted, after \(took)")
    }
  }

  /// The newest copies that run a version whose processes have to be replaced.
  private func replacedCopies(
    _ specs: [ServiceSpec], _ client: TendonClient
  ) async throws -> [InstanceID: Epoch] {
    let services = try await client.services()
    let changed = specs.filter { spec in
      services.contains { $0.spec.name == spec.name && spec.needsNewProcesses(comparedTo: $0.spec) }
    }
    if changed.isEmpty { return [:] }
    let names = Set(changed.map(\.name))
    return try await client.instances().reduce(into: [:]) { epochs, view in
      if names.contains(view.id.service), let epoch = view.epoch { epochs[view.id] = epoch }
    }
  }
}

extension ApplyResponse.Outcome {
  fileprivate var style: Style {
    switch self {
    case .created, .updated: .good
    case .unchanged: .faint
    }
  }
}
