// SPDX-License-Identifier: Apache-2.0

/// What scores for one class of instances take of all hosts together.
struct ClusterView {
  /// How many of the largest shapes count where hosts are packed.
  private static let packShapes = 12

  /// The part of the mean host that is reserved.
  let meanShare: Double
  /// One over the part of the mean host that an instance asks for; 0 for one that asks for nothing.
  let scale: Double
  /// How far instances are put together, since little room is left: 0 not at all, 1 as if they were packed.
  let fill: Double
  /// Those of which places are scarce; where hosts are packed the largest.
  let shapes: [RoomShape]

  /// What a host loses with an instance of the room for scarce shapes: the places, each with its size.
  @inline(__always)
  func lostScarce(_ wanted: ClassNumbers, _ host: HostVector) -> Double {
    if shapes.isEmpty { return 0 }
    let left = HostRoom(host)
    var lost = 0.0
    for index in shapes.indices {
      lost += Double(shapes[index].lost(wanted, left)) * shapes[index].size
    }
    return lost
  }

  /// For how many of the largest shapes a host has room that it would not have with an instance.
  @inline(__always)
  func lostLast(_ wanted: ClassNumbers, _ host: HostVector) -> Int {
    let left = HostRoom(host)
    var count = 0
    for index in 0..<min(shapes.count, Self.packShapes) {
      let lost = shapes[index].lost(wanted, left)
      if lost > 0, lost == shapes[index].places(left) { count += 1 }
    }
    return count
  }
}
