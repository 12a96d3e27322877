// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonModel

/// Block IO that `resize` can change.
struct ResizeIOOptions: ParsableArguments {
  @Option(
    name: .customLong("io-read"),
    help: ArgumentHelp(
      "The most that is read from disk, such as 20MB/s, or max.", valueName: "rate"),
    transform: Limit<ByteRate>.init(_:))
  var read: Limit<ByteRate>?

  @Option(
    name: .customLong("io-write"),
    help: ArgumentHelp("The most that is written to disk.", valueName: "rate"),
    transform: Limit<ByteRate>.init(_:))
  var write: Limit<ByteRate>?

  @Option(
    name: .customLong("io-read-iops"),
    help: ArgumentHelp("The most read operations per second, or max.", valueName: "n"),
    transform: CountArgument.limit)
  var readOps: Limit<Int>?

  @Option(
    name: .customLong("io-write-iops"),
    help: ArgumentHelp("The most write operations per second, or max.", valueName: "n"),
    transform: CountArgument.limit)
  var writeOps: Limit<Int>?

  @Option(
    name: .customLong("io-device"),
    help: ArgumentHelp(
      "The same for another device, such as sdb=write:10MB/s,read-iops:100 or /var/lib/x=max; may "
        + "be given again.", valueName: "device=rates"),
    transform: DeviceArgument.init(_:))
  var devices: [DeviceArgument] = []

  @Option(
    name: .customLong("io-weight"),
    help: ArgumentHelp("The share of a busy disk, 1 to 10000.", valueName: "n"))
  var weight: Int?

  func add(to change: inout ResourcesChange) {
    change.ioRead = read
    change.ioWrite = write
    change.ioReadOps = readOps
    change.ioWriteOps = writeOps
    change.ioWeight = weight
    change.ioDevices = DeviceArgument.rates(of: devices)
  }
}

/// `sdb=read:10MB/s,write:5MB/s,read-iops:100,write-iops:100`, or `sdb=max` to take all of it away.
struct DeviceArgument {
  let device: String
  let rates: IORates

  /// By device, the last word for each; nil where there are none.
  static func rates(of devices: [DeviceArgument]) -> [String: IORates]? {
    devices.isEmpty
      ? nil
      : Dictionary(devices.map { ($0.device, $0.rates) }, uniquingKeysWith: { _, last in last })
  }

  init(_ text: String) throws {
    guard let equals = text.lastIndex(of: "="), equals > text.startIndex else {
      throw CLIError.badInput("must be DEVICE=RATES, such as sdb=write:10MB/s, or DEVICE=max")
    }
    device = String(text[..<equals])
    let list = String(text[text.index(after: equals)...])
    var rates = IORates()
    for part in list.split(separator: ",", omittingEmptySubsequences: false)
    where list != "max" {
      let pair = part.split(separator: ":", maxSplits: 1).map(String.init)
      switch (pair.first, pair.dropFirst().first) {
      case ("read", let rate?): rates.read = try Limit<ByteRate>(rate)
      case ("write", let rate?): rates.write = try Limit<ByteRate>(rate)
      case ("read-iops", let count?): rates.readOps = try CountArgument.limit(count)
      case ("write-iops", let count?): rates.writeOps = try CountArgument.limit(count)
      default:
        throw CLIError.badInput(
          "\"\(part)\" is none of read:RATE, write:RATE, read-iops:N and write-iops:N")
      }
    }
    self.rates = rates
  }
}
