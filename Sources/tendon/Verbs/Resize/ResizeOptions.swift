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
    help: ArgumentHelp(
      "CPU saved up to be spent over the limit later, such as 200m; 0 for none.", valueName: "cpu"),
    transform: MilliCPU.init(_:))
  var burst: MilliCPU?

  @Option(
    help: ArgumentHelp(
      "Whole cores that nobody else runs on; 0 gives them back.", valueName: "n"))
  var cores: Int?

  @Option(
    help: ArgumentHelp("Memory, such as 128Mi:1Gi (see above).", valueName: "request:limit"),
    transform: RangeArgument<Bytes>.init(_:))
  var memory: RangeArgument<Bytes>?

  @Flag(
    inversion: .prefixedNo,
    help: "Keep the memory request even when the host runs out of memory.")
  var guaranteed: Bool?

  @Option(
    help: ArgumentHelp("The most that is swapped out, such as 64Mi, or max.", valueName: "bytes"),
    transform: Limit<Bytes>.init(_:))
  var swap: Limit<Bytes>?

  @OptionGroup var io: ResizeIOOptions

  @Option(
    help: ArgumentHelp("The most processes and threads, or max.", valueName: "n"),
    transform: CountArgument.limit)
  var pids: Limit<Int>?

  @Option(
    help: ArgumentHelp(
      "The most that the instance's own directory holds, such as 2Gi, or max.", valueName: "bytes"),
    transform: Limit<Bytes>.init(_:))
  var disk: Limit<Bytes>?

  @Option(
    help: ArgumentHelp(
      "The most in huge pages of a size, such as 2Mi=64Mi; may be given again.",
      valueName: "size=bytes"),
    transform: HugePageArgument.init(_:))
  var hugepages: [HugePageArgument] = []

  @OptionGroup var service: ResizeServiceOptions

  func validate() throws {
    let change = change
    if change.isEmpty {
      throw ValidationError("name at least one resource to change, such as --cpu")
    }
    if let cores, cores < 0 { throw ValidationError("--cores: \(cores) is less than none") }
    // The parts that are given can be checked here; how they fit with the rest only the coordinator knows.
    var resources = Resources(
      cpu: CPUResources(request: .zero), memory: MemoryResources(request: .zero))
    resources = change.applied(to: resources)
    if change.cpuLimit == nil { resources.cpu.burst = .zero }
    let faults = resources.faults
    guard faults.isEmpty else {
      throw ValidationError(
        faults.map { "\(Self.flag(for: $0.path)): \($0.message)" }.joined(separator: "\n"))
    }
  }

  var change: ResourcesChange {
    var change = ResourcesChange()
    change.cpuRequest = cpu?.request
    change.cpuLimit = cpu?.limit
    change.cpuBurst = burst
    change.cores = cores
    change.memoryRequest = memory?.request
    change.memoryLimit = memory?.limit
    change.memoryGuaranteed = guaranteed
    change.swap = swap
    change.pids = pids
    change.disk = disk
    if !hugepages.isEmpty {
      change.hugepages = HugePages(
        Dictionary(hugepages.map { ($0.size, $0.limit) }, uniquingKeysWith: { _, last in last }))
    }
    io.add(to: &change)
    service.add(to: &change)
    return change
  }

  /// The flag that sets what is wrong.
  static func flag(for path: [String]) -> String {
    switch (path.first, path.dropFirst().first) {
    case ("cpu", "burst"): "--burst"
    case ("memory", "swap"): "--swap"
    case ("io", "devices"): "--io-device \(path.dropFirst(2).joined(separator: "."))"
    case ("io", let key?): "--io-\(key.replacing("_", with: "-"))"
    case ("service_limits", "io") where path.dropFirst(2).first == "devices":
      "--service-io-device \(path.dropFirst(3).joined(separator: "."))"
    case ("service_limits", let key?):
      "--service-\(([key] + path.dropFirst(2)).joined(separator: "-").replacing("_", with: "-"))"
    case (let key?, _): "--\(key)"
    case (nil, _): "the resources"
    }
  }
}

/// A count, or `max`.
enum CountArgument {
  static func limit(_ text: String) throws -> Limit<Int> {
    if text == "max" { return .max }
    guard let count = Int(text) else {
      throw CLIError.badInput("\"\(text)\" is not a whole number or max")
    }
    return .value(count)
  }
}

/// `2Mi=64Mi`.
struct HugePageArgument {
  let size: Bytes
  let limit: Bytes

  init(_ text: String) throws {
    let parts = text.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2 else {
      throw CLIError.badInput("must be SIZE=BYTES, such as 2Mi=64Mi")
    }
    size = try Bytes(parts[0])
    limit = try Bytes(parts[1])
  }
}
