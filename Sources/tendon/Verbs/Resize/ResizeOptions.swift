// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonModel

/// The resources that `resize` can change.
struct ResizeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("CPU, such as 500m:2 (see above).", valueName: "request:limit"),
    transform: RangeArgument<MilliCPU>.init(_:))
  var cpu: RangeArgument<MilliCPU>?

  @Option(
    help: ArgumentHelp("Memory, such as 128Mi:1Gi (see above).", valueName: "request:limit"),
    transform: RangeArgument<Bytes>.init(_:))
  var memory: RangeArgument<Bytes>?

  @Option(
    name: .customLong("io-read"),
    help: ArgumentHelp(
      "The most that is read from disk, such as 20MB/s, or max.", valueName: "rate"),
    transform: Limit<ByteRate>.init(_:))
  var ioRead: Limit<ByteRate>?

  @Option(
    name: .customLong("io-write"),
    help: ArgumentHelp("The most that is written to disk.", valueName: "rate"),
    transform: Limit<ByteRate>.init(_:))
  var ioWrite: Limit<ByteRate>?

  @Option(
    name: .customLong("io-weight"),
    help: ArgumentHelp("The share of a busy disk, 1 to 10000.", valueName: "n"))
  var ioWeight: Int?

  @Option(
    help: ArgumentHelp("The most processes and threads, or max.", valueName: "n"),
    transform: ResizeOptions.count)
  var pids: Limit<Int>?

  func validate() throws {
    if change.isEmpty {
      throw ValidationError("name at least one resource to change, such as --cpu")
    }
    // The parts that are given can be checked here; how they fit with the rest only the coordinator knows.
    var resources = Resources(
      cpu: CPUResources(request: .zero), memory: MemoryResources(request: .zero))
    resources = change.applied(to: resources)
    let faults = resources.faults
    guard faults.isEmpty else {
      throw ValidationError(
        faults.map { "\($0.path.joined(separator: ".")): \($0.message)" }.joined(separator: "\n"))
    }
  }

  var change: ResourcesChange {
    var change = ResourcesChange()
    change.cpuRequest = cpu?.request
    change.cpuLimit = cpu?.limit
    change.memoryRequest = memory?.request
    change.memoryLimit = memory?.limit
    change.ioRead = ioRead
    change.ioWrite = ioWrite
    change.ioWeight = ioWeight
    change.pids = pids
    return change
  }

  private static func count(_ text: String) throws -> Limit<Int> {
    if text == "max" { return .max }
    guard let count = Int(text) else {
      throw CLIError.badInput("\"\(text)\" is not a whole number or max")
    }
    return .value(count)
  }
}
