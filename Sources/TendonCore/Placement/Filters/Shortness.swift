// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// A resource of which a host has less free than is wanted.
struct Shortness {
  enum Resource {
    case cpu, memory, cores
    case countable(String)
  }

  var resource: Resource
  var wanted: Int64
  /// Shown as 0 where it is less.
  var free: Int64
  /// -1 cores: its kernel can't give any.
  var all: Int64
  /// Of it, what is held for others.
  var held: Int64 = 0
}

extension PlacementEngine {
  /// In words that follow "host1: ".
  static func words(_ short: Shortness) -> String {
    let free = max(0, short.free)
    switch short.resource {
    case .cpu:
      let kept = short.held > 0 ? " (\(MilliCPU(short.held)) is reserved for others)" : ""
      return "needs \(MilliCPU(short.wanted)) CPU, \(MilliCPU(free)) of "
        + "\(MilliCPU(short.all)) is free\(kept)"
    case .memory:
      let kept = short.held > 0 ? " (\(Bytes(short.held).rounded) is reserved for others)" : ""
      return "needs \(Bytes(short.wanted)) memory, \(Bytes(free).rounded) of "
        + "\(Bytes(short.all).rounded) is free\(kept)"
    case .cores:
      return short.all < 0
        ? "has no cpuset controller, which exclusive cores need"
        : "needs \(counted(Int(short.wanted), "exclusive core")), \(free) of \(short.all) free"
    case .countable(let name):
      if name == Countables.instances { return "takes no more than \(short.all) instances" }
      if short.all == 0, Countables.isDevice(name) { return "has no \(name)" }
      func text(_ amount: Int64) -> String { Countables.text(amount, of: name) }
      return "needs \(text(short.wanted)) of \(name), \(text(free)) of "
        + "\(text(short.all)) is free"
    }
  }
}
