// SPDX-License-Identifier: Apache-2.0

/// Counts the hosts that still have room for the largest shapes of instances, so that it is kept where it becomes
/// scarce.
struct RoomKeeper {
  struct Shape: Hashable {
    var cpu: Int64
    var memory: Int64
    /// How many hosts can take one more.
    var hosts = 0
    /// Whether that is so few that the room is kept.
    var isScarce = false

    @inline(__always)
    func fits(_ host: HostVector, moreCPU: Int64 = 0, moreMemory: Int64 = 0) -> Bool {
      host.closed.isEmpty && host.cpuUsed + moreCPU + cpu <= host.cpuCapacity
        && host.memoryUsed + moreMemory + memory <= host.memoryCapacity
    }
  }

  /// The shape that asks for most CPU, and the one that asks for most memory where that is another.
  private var first: Shape?
  private var second: Shape?
  /// Changes when a shape comes or becomes scarce or plentiful: scores have to be looked at anew.
  private(set) var version = 0
  /// At or below this many hosts room is scarce.
  var scarceAt = 0

  var shapes: [Shape] { [first, second].compactMap { $0 } }

  /// For how many shapes a host has room that it would not have with an instance more.
  @inline(__always)
  func lost(_ wanted: ClassNumbers, _ host: HostVector, onlyScarce: Bool) -> Int {
    var count = 0
    if let first, first.isScarce || !onlyScarce, Self.loses(first, wanted, host) { count += 1 }
    if let second, second.isScarce || !onlyScarce, Self.loses(second, wanted, host) { count += 1 }
    return count
  }

  @inline(__always)
  private static func loses(_ shape: Shape, _ wanted: ClassNumbers, _ host: HostVector) -> Bool {
    shape.fits(host) && !shape.fits(host, moreCPU: wanted.cpu, moreMemory: wanted.memory)
  }

  /// Takes in that a host is different.
  @inline(__always)
  mutating func change(_ before: HostVector, to after: HostVector?) {
    change(\.first, before, after)
    change(\.second, before, after)
  }

  @inline(__always)
  private mutating func change(
    _ path: WritableKeyPath<Self, Shape?>, _ before: HostVector, _ after: HostVector?
  ) {
    guard let known = self[keyPath: path] else { return }
    let did = known.fits(before)
    let does = after.map { known.fits($0) } ?? false
    if did != does {
      self[keyPath: path]!.hosts += does ? 1 : -1
      judge(path)
    }
  }

  /// Takes in new shapes, one or two, with the hosts they fit on.
  mutating func set(_ wanted: [(cpu: Int64, memory: Int64)], hosts: [HostVector]) {
    let shapes = wanted.map { wanted in
      var shape = Shape(cpu: wanted.cpu, memory: wanted.memory)
      shape.hosts = hosts.count { shape.fits($0) }
      return shape
    }
    first = shapes.first
    second = shapes.count > 1 ? shapes[1] : nil
    version += 1
    judge(\.first)
    judge(\.second)
  }

  /// A shape that became scarce is so until there is clearly more room.
  private mutating func judge(_ path: WritableKeyPath<Self, Shape?>) {
    guard let known = self[keyPath: path] else { return }
    let isScarce =
      known.hosts <= (known.isScarce ? scarceAt + scarceAt / 4 + 1 : scarceAt)
    if isScarce != known.isScarce {
      self[keyPath: path]!.isScarce = isScarce
      version += 1
    }
  }
}
