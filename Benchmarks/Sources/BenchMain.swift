// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import TendonModel

/// Measures Tendon on this machine.
@main
struct BenchMain: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tendon-bench", abstract: "Measures Tendon on this machine.")

  @Argument(help: "The groups to run; all when none is named.")
  var groups: [String] = []

  @Option(help: "A file to append the results to, one JSON object a line.")
  var out: String?

  @Option(help: "false-downs: how many minutes one packet in ten is lost.")
  var lossMinutes = 3

  @Option(
    help: "placement: hosts of one's own, a CSV file of name,cpu_milli,memory_mib[,label=value...]."
  )
  var hosts: String?

  @Option(help: "placement: the mix of instances, a CSV file of name,cpu_milli,memory_mib[,count].")
  var instances: String?

  @Option(help: "placement: the one policy to measure, \(policies).")
  var policy: String?

  @Option(help: "placement: the one seed to draw with, instead of 1 to 5.")
  var seed: UInt64?

  @Flag(help: "placement: what each way of placing did with each seed as JSON, one object a line.")
  var json = false

  private static let policies = PlacementPolicy.allCases.map(\.rawValue).joined(separator: " or ")

  func validate() throws {
    guard (hosts == nil) == (instances == nil) else {
      throw ValidationError("--hosts and --instances go together.")
    }
    let isForPlacement = hosts != nil || policy != nil || seed != nil || json
    guard !isForPlacement || groups == ["placement"] else {
      throw ValidationError(
        "--hosts, --instances, --policy, --seed and --json are for: tendon-bench placement.")
    }
    if let policy, PlacementPolicy(rawValue: policy) == nil {
      throw ValidationError("--policy takes \(Self.policies).")
    }
    guard (1...1440).contains(lossMinutes) else {
      throw ValidationError("--loss-minutes takes 1 to 1440.")
    }
    let known = BenchGroup.all.map(\.name)
    for group in groups where !known.contains(group) {
      throw ValidationError("No group \"\(group)\"; there are: \(known.joined(separator: ", ")).")
    }
  }

  func run() async throws {
    if !json { show(["group", "name", "value", "unit", "target", "", "n"]) }
    do {
      try await Interruption.cancelling { try await runGroups() }
    } catch let error as BenchError {
      say("\(error)\n")
      throw ExitCode.failure
    } catch let error as PlacementInputError {
      say("\(error)\n")
      throw ExitCode(2)
    }
  }

  /// Runs the groups one after the other. One that cannot run says why, and the others still do.
  private func runGroups() async throws {
    var hasFailed = false
    for group in BenchGroup.all where groups.isEmpty || groups.contains(group.name) {
      do {
        for result in try await group.run(options) {
          if !json { show(row(of: result)) }
          if let out { try append(result.jsonLine() + "\n", to: out) }
        }
      } catch let error as PlacementInputError {
        throw error
      } catch {
        try Task.checkCancellation()
        hasFailed = true
        say("\(group.name): \(error)\n")
      }
    }
    if hasFailed { throw ExitCode.failure }
  }

  private var options: BenchOptions {
    var options = BenchOptions(lossMinutes: lossMinutes)
    if let hosts, let instances { options.placement.files = (hosts, instances) }
    options.placement.policy = policy.flatMap(PlacementPolicy.init)
    options.placement.seed = seed
    options.placement.isJSON = json
    return options
  }

  private func row(of result: BenchResult) -> [String] {
    let verdict = result.target.map { $0.isMet(by: result.value) ? "met" : "MISSED" }
    return [
      result.group, result.name, result.text, result.unit, result.target?.text ?? "", verdict ?? "",
      "\(result.n)" + ((result.peer ?? result.note).map { "  (\($0))" } ?? ""),
    ]
  }

  private func show(_ row: [String]) {
    var line = ""
    for (cell, width) in zip(row, [11, 28, 11, 11, 12, 8, 1]) { line += pad(cell, width) }
    while line.last == " " { line.removeLast() }
    print(line)
    // A group may take minutes: what is known is shown, in a file or a pipe too.
    fflush(nil)
  }

  private func say(_ text: String) {
    fflush(nil)
    // Nobody is left to be told when stderr is gone.
    _ = text.withCString { write(STDERR_FILENO, $0, strlen($0)) }
  }

  private func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }

  private func append(_ text: String, to path: String) throws {
    guard let file = fopen(path, "a") else {
      throw ValidationError("\(path) can't be written: \(String(cString: strerror(errno)))")
    }
    let isWritten = fputs(text, file) >= 0
    guard fclose(file) == 0, isWritten else {
      throw ValidationError("\(path) can't be written: \(String(cString: strerror(errno)))")
    }
  }
}
