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
  }

  /// The shape that asks for most CPU, and the one that asks for most memory.
  private(set) var shapes: [Shape] = []
  /// Changes when a shape comes or becomes scarce or plentiful: scores have to be looked at anew.
  private(set) var version = 0
  /// At or below this many hosts room is scarce.
  var scarceAt = 0

  /// Whether a host has room for a shape.
  @inline(__always)
  static func fits(_ shape: Shape, _ host: HostVector, moreCPU: Int64 = 0, moreMemory: Int64 = 0)
    -> Bool
  {
    host.closed.isEmpty && host.cpuUsed + moreCPU + shape.cpu <= host.cpuCapacity
      && host.memoryUsed + moreMemory + shape.memory <= host.memoryCapacity
  }

  @inline(__always)
  mutating func change(_ before: HostVector, to after: HostVector?) {
    for index in shapes.indices {
      let did = Self.fits(shapes[index], before)
      let does = after.map { Self.fits(shapes[index], $0) } ?? false
      if did != does {
        shapes[index].hosts += does ? 1 : -1
        judge(index)
      }
    }
  }

  /// Takes in new shapes, with the hosts they fit on.
  mutating func set(_ wanted: [(cpu: Int64, memory: Int64)], hosts: [HostVector]) {
    shapes = wanted.map { shape in
      var shape = Shape(cpu: shape.cpu, memory: shape.memory)
      shape.hosts = hosts.count { Self.fits(shape, $0) }
      return shape
    }
    version += 1
    for index in shapes.indices { judge(index) }
  }

  /// A shape that became scarce is so until there is clearly more room.
  private mutating func judge(_ index: Int) {
    let shape = shapes[index]
    let isScarce =
      shape.isScarce ? shape.hosts <= scarceAt + scarceAt / 4 + 1 : shape.hosts <= scarceAt
    if isScarce != shape.isScarce {
      shapes[index].isScarce = isScarce
      version += 1
    }
  }
}
