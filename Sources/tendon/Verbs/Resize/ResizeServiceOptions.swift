// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonModel

/// Caps on all instances of a service on one host together that `resize` can change.
struct ResizeServiceOptions: ParsableArguments {
  @Option(
    name: .customLong("service-cpu"),
    help: ArgumentHelp(
      "The most CPU of all instances on one host together, or max.", valueName: "cpu"),
    transform: Limit<MilliCPU>.init(_:))
  var cpu: Limit<MilliCPU>?

  @Option(
    name: .customLong("service-memory"),
    help: ArgumentHelp("The same for memory.", valueName: "bytes"),
    transform: Limit<Bytes>.init(_:))
  var memory: Limit<Bytes>?

  @Option(
    name: .customLong("service-swap"),
    help: ArgumentHelp("The same for swap.", valueName: "bytes"),
    transform: Limit<Bytes>.init(_:))
  var swap: Limit<Bytes>?

  @Option(
    name: .customLong("service-pids"),
    help: ArgumentHelp("The same for processes and threads.", valueName: "n"),
    transform: CountArgument.limit)
  var pids: Limit<Int>?

  @Option(
    name: .customLong("service-io-read"),
    help: ArgumentHelp("The same for what is read from disk, or max.", valueName: "rate"),
    transform: Limit<ByteRate>.init(_:))
  var ioRead: Limit<ByteRate>?

  @Option(
    name: .customLong("service-io-write"),
    help: ArgumentHelp("The same for what is written to disk.", valueName: "rate"),
    transform: Limit<ByteRate>.init(_:))
  var ioWrite: Limit<ByteRate>?

  @Option(
    name: .customLong("service-io-read-iops"),
    help: ArgumentHelp("The same for read operations per second.", valueName: "n"),
    transform: CountArgument.limit)
  var ioReadOps: Limit<Int>?

  @Option(
    name: .customLong("service-io-write-iops"),
    help: ArgumentHelp("The same for write operations per second.", valueName: "n"),
    transform: CountArgument.limit)
  var ioWriteOps: Limit<Int>?

  @Option(
    name: .customLong("service-io-device"),
    help: ArgumentHelp("As --io-device, for all instances together.", valueName: "device=rates"),
    transform: DeviceArgument.init(_:))
  var ioDevices: [DeviceArgument] = []

  func add(to change: inout ResourcesChange) {
    change.serviceCPU = cpu
    change.serviceMemory = memory
    change.serviceSwap = swap
    change.servicePids = pids
    var io = IOChange()
    (io.read, io.write) = (ioRead, ioWrite)
    (io.readOps, io.writeOps) = (ioReadOps, ioWriteOps)
    io.devices = DeviceArgument.rates(of: ioDevices)
    change.serviceIO = io.isEmpty ? nil : io
  }
}
