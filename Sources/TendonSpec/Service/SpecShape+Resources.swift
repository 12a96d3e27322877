// SPDX-License-Identifier: Apache-2.0

import TendonModel

extension SpecShape {
  /// The keys of `Resources`.
  static let resources: Shape = .object(
    [
      Field("cpu", "CPU: 1 is one core, 250m a quarter.", cpu),
      Field(
        "cores",
        "Whole cores that no other instance runs on. They are reserved in place of cpu.request.",
        .integer(1...Resources.largestCores)),
      Field(
        "memory", "Memory: binary (Ki, Mi, Gi) or decimal (k, M, G) multiples of bytes.", memory),
      Field("io", "The block device behind the instances' storage, and others by name.", io),
      Field(
        "pids", "The most processes and threads at one time.", byDefault: .string("max"), pids),
      Field(
        "disk",
        "The most that the instance's own directory may hold, on ext4 and xfs with project quotas.",
        byDefault: .string("max"), limit(Bytes.self)),
      Field(
        "hugepages", "The most memory in huge pages, by the size of a page.",
        .map(
          keys: TextRules.pageSize, values: quantity(Bytes.self),
          hint: "write {2Mi: 64Mi}")),
      Field(
        "devices", "How many devices of a kind, by the names that hosts give them.",
        .map(
          keys: TextRules.deviceKind, values: .integer(1...Resources.largestDevices),
          hint: "write {gpu: 1}")),
      Field(
        "service_limits",
        "The most that all instances of the service on one host may use together.", serviceLimits),
    ], hint: "write cpu, memory, io or pids below it")

  private static let cpu = requestAndLimit(
    MilliCPU.self, CPUResources.defaultRequest, example: "250m", "1",
    more: [
      Field(
        "burst",
        "CPU that is saved up while less than the limit is used, to be spent over it later; "
          + "at most the limit.", byDefault: .string("0"), quantity(MilliCPU.self))
    ])

  private static let memory = requestAndLimit(
    Bytes.self, MemoryResources.defaultRequest, example: "64Mi", "256Mi",
    more: [
      Field(
        "guaranteed", "Whether the request is kept even when the host runs out of memory.",
        byDefault: .boolean(false), .boolean),
      Field(
        "swap", "The most that may be swapped out.", byDefault: .string("max"), limit(Bytes.self)),
    ])

  private static let rates = [
    Field("read", "The most that is read per second.", byDefault: .string("max"), rate),
    Field("write", "The most that is written per second.", byDefault: .string("max"), rate),
    Field(
      "read_iops", "The most read operations per second.", byDefault: .string("max"), operations),
    Field(
      "write_iops", "The most write operations per second.", byDefault: .string("max"), operations),
  ]

  private static let devices = Field(
    "devices", "The same for other devices, by name (sdb), number (8:16) or a path on them.",
    .map(
      keys: TextRules.device, values: .object(rates, hint: "write {write: 10MB/s}"),
      hint: "write {/var/lib/x: {write: 10MB/s}}"))

  private static let io: Shape = .object(
    rates + [
      Field(
        "weight", "The share where several compete, relative to 100.", .integer(1...10_000)),
      devices,
    ], hint: ratesHint)

  private static let ratesHint = "write {read: 10MB/s, write: 10MB/s}"

  private static let serviceLimits: Shape = .object(
    [
      Field("cpu", "CPU of all together.", byDefault: .string("max"), limit(MilliCPU.self)),
      Field("memory", "Memory of all together.", byDefault: .string("max"), limit(Bytes.self)),
      Field("swap", "Swap of all together.", byDefault: .string("max"), limit(Bytes.self)),
      Field("pids", "Processes and threads of all together.", byDefault: .string("max"), pids),
      Field("io", "Block IO of all together.", .object(rates + [devices], hint: ratesHint)),
    ], hint: "write {cpu: 4, memory: 2Gi}")

  private static let pids: Shape = .choice([.integer(1...Resources.largestPids), .word(["max"])])
  private static let operations: Shape = .choice([
    .integer(1...Resources.largestOps), .word(["max"]),
  ])
  private static let rate: Shape = limit(ByteRate.self)

  private static func limit<Value: Quantity>(_ type: Value.Type) -> Shape {
    .choice([quantity(type), .word(["max"])])
  }

  private static func requestAndLimit<Value: Quantity>(
    _ type: Value.Type, _ byDefault: Value, example request: String, _ most: String, more: [Field]
  ) -> Shape {
    .object(
      [
        Field(
          "request",
          "What is reserved on the host. By default \(byDefault), or the limit where that is less.",
          quantity(type)),
        Field(
          "limit", "The most that the kernel lets it use.", byDefault: .string("max"), limit(type)),
      ] + more, hint: "write {request: \(request), limit: \(most)}")
  }
}

extension TextRules {
  static let deviceKind = TextRule(
    expected: "a kind of device, such as gpu: lower-case letters, digits and '-'",
    pattern: "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", fault: NameRules.fault(in:))

  static let pageSize = TextRule(
    expected: "the size of a huge page, such as 2Mi or 1Gi", pattern: Bytes.pattern
  ) { text in
    // What is no amount is no size either.
    (try? Bytes(text)) != nil
  }

  static let device = TextRule(
    expected: "a device's name (sdb), its number (8:16), or an absolute path on it",
    pattern: "^[^\\s]+$"
  ) { text in
    !text.isEmpty && text.utf8.allSatisfy { $0 > 32 && $0 != 127 }
  }
}
