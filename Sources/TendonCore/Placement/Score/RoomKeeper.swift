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

  /// How many shapes are looked at: more keep more kinds of large instances placeable, and take longer.
  static let mostShapes = 6

  /// The largest shapes, largest first.
  private(set) var shapes: [Shape] = []
  /// Changes when a shape comes or becomes scarce or plentiful: scores have to be looked at anew.
  private(set) var version = 0
  /// At or below this many hosts room is scarce.
  var scarceAt = 0

  /// For how many shapes larger than the instance a host has room that it would not have with it.
  @inline(__always)
  func lost(_ wanted: ClassNumbers, _ host: HostVector, onlyScarce: Bool) -> Int {
    var count = 0
    for index in shapes.indices where shapes[index].isScarce || !onlyScarce {
      let shape = shapes[index]
      if wanted.cpu < shape.cpu || wanted.memory < shape.memory, shape.fits(host),
        !shape.fits(host, moreCPU: wanted.cpu, moreMemory: wanted.memory)
      {
        count += 1
      }
    }
    return count
  }

  /// Takes in that a host is different.
  @inline(__always)
  mutating func change(_ before: HostVector, to after: HostVector?) {
    for index in shapes.indices {
      let did = shapes[index].fits(before)
      let does = after.map { shapes[index].fits($0) } ?? false
      if did != does {
        shapes[index].hosts += does ? 1 : -1
        judge(index)
      }
    }
  }

  /// Takes in a new shape when it is one of the largest: by the parts of all CPU and memory that it asks for.
  mutating func note(cpu: Int64, memory: Int64, hosts: [HostVector]) {
    guard cpu > 0 || memory > 0, !shapes.contains(where: { $0.cpu == cpu && $0.memory == memory })
    else { return }
    let allCPU = Double(max(1, hosts.reduce(0) { $0 + $1.cpuCapacity }))
    let allMemory = Double(max(1, hosts.reduce(0) { $0 + $1.memoryCapacity }))
    func size(_ shape: Shape) -> Double {
      Double(shape.cpu) / allCPU + Double(shape.memory) / allMemory
    }
    var new = Shape(cpu: cpu, memory: memory)
    let place = shapes.firstIndex { size($0) < size(new) } ?? shapes.count
    guard place < Self.mostShapes else { return }
    new.hosts = hosts.count { new.fits($0) }
    shapes.insert(new, at: place)
    if shapes.count > Self.mostShapes { shapes.removeLast() }
    version += 1
    judge(place)
  }

  /// A shape that became scarce is so until there is clearly more room.
  private mutating func judge(_ index: Int) {
    let known = shapes[index]
    let isScarce =
      known.hosts <= (known.isScarce ? scarceAt + scarceAt / 4 + 1 : scarceAt)
    if isScarce != known.isScarce {
      shapes[index].isScarce = isScarce
      version += 1
    }
  }
}
