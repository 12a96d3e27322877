// SPDX-License-Identifier: Apache-2.0

extension Reservation {
  /// The most hosts that one is spread over, and the most services that it is for.
  package static let mostHosts = 1000
  package static let mostServices = 1000

  /// Everything that is wrong with it, each with its key; empty when it is fine.
  package func faults(now: Timestamp) -> [SpecFault] {
    var faults: [SpecFault] = []
    func check(_ isBad: Bool, _ path: [String], _ message: String) {
      if isBad { faults.append(SpecFault(path, message)) }
    }
    check(amount.cpu < .zero, ["amount", "cpu"], "\(amount.cpu) is less than nothing")
    check(amount.memory < .zero, ["amount", "memory"], "\(amount.memory) is less than nothing")
    check(
      amount.cpu > Resources.largestCPU, ["amount", "cpu"],
      "\(amount.cpu) is more than \(Resources.largestCPU)")
    check(
      amount.memory > Resources.largestMemory, ["amount", "memory"],
      "\(amount.memory) is more than \(Resources.largestMemory)")
    check(amount.isZero, ["amount"], "holds nothing: give it cpu, memory or both")
    if let hosts {
      check(
        !(1...Self.mostHosts).contains(hosts), ["hosts"],
        "\(hosts) is outside 1 to \(Self.mostHosts)")
    } else {
      check(isPerHost == true, ["per_host"], "needs hosts: on how many each of these is held")
    }
    if let until {
      check(until <= from ?? now, ["until"], "\(until) is not after \(from ?? now)")
    }
    check(
      services.count > Self.mostServices, ["services"],
      "\(services.count) are more than \(Self.mostServices)")
    check(Set(services).count < services.count, ["services"], "one is named twice")
    return faults
  }
}
