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

  func add(to change: inout ResourcesChange) {
    change.serviceCPU = cpu
    change.serviceMemory = memory
    change.serviceSwap = swap
    change.servicePids = pids
  }
}
