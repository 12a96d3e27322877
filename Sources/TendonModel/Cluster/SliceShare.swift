// SPDX-License-Identifier: Apache-2.0

/// What the cgroup of one service on one host is entitled to: the sums of its instances' requests, and the caps on
/// all of them together.
///
/// The kernel weighs siblings against each other and protects a cgroup's memory no further than its parents'. So
/// requests of instances hold against those of other services only when their sums stand in the service's cgroup.
package struct SliceShare: Hashable, Sendable {
  package var cpuRequests: MilliCPU = .zero
  package var memoryRequests: Bytes = .zero
  /// Of the memory requests, those that are guaranteed.
  package var memoryGuaranteed: Bytes = .zero
  package var limits = ServiceLimits()

  package init() {}

  package mutating func add(_ resources: Resources) {
    cpuRequests += resources.reservedCPU
    memoryRequests += resources.memory.request
    if resources.memory.isGuaranteed { memoryGuaranteed += resources.memory.request }
  }

  /// The sums of both; the caps are those of the first.
  package static func + (left: Self, right: Self) -> Self {
    var sum = left
    sum.cpuRequests += right.cpuRequests
    sum.memoryRequests += right.memoryRequests
    sum.memoryGuaranteed += right.memoryGuaranteed
    return sum
  }

  package mutating func remove(_ resources: Resources) {
    cpuRequests -= resources.reservedCPU
    memoryRequests -= resources.memory.request
    if resources.memory.isGuaranteed { memoryGuaranteed -= resources.memory.request }
  }
}
