// SPDX-License-Identifier: Apache-2.0

/// Counts how many more instances of the largest shapes all hosts can take, so that these places are kept where there are
/// hardly more of them than instances to be expected.
///
/// What is placed tells what to expect. How many of a shape a full cluster has is taken to be gamma-distributed, at first
/// as if some had been seen in `priorShare` of the cluster; what was seen makes that more certain. Then what is
/// still to come has a negative binomial distribution (Gelman et al., "Bayesian Data Analysis", section 2.6), and the
/// margin is in its standard deviations.
struct RoomKeeper {
  /// How many shapes are looked at: more keep more kinds of large instances placeable, and take longer.
  static let mostShapes = 20
  /// In fewer hosts nothing is kept: what is placed there tells too little, and would be put together on few.
  static let fewestHosts = 16
  /// What is expected of a shape that was not seen yet is so many for each host, and no fewer than the least, over so
  /// large a part of the cluster. Raising the counts, or lowering the share, keeps more places at first.
  private static let priorCountPerHost = 0.001
  private static let leastPriorCount = 0.25
  private static let priorShare = 0.0625
  /// What is scarce is so until places are so many times those wanted: all scores are looked at anew with each change.
  private static let release = 1.1

  /// All instances that ask for the same CPU and memory.
  private struct Kind {
    var cpu: Int64
    var memory: Int64
    var placed = 0
    /// How many classes ask for it; without any it is used for the next.
    var classes = 0
    /// What one counts among those placed of each shape; empty where that is nothing.
    var weights: [Int] = []
  }

  /// The largest shapes, largest first.
  private(set) var shapes: [RoomShape] = []
  /// Those of which places are kept.
  private(set) var scarce: [RoomShape] = []
  private(set) var load = ClusterLoad()
  private(set) var mean = MeanHost()
  /// Changes when a shape comes or becomes scarce or plentiful, or the mean host changes: scores have to be looked at
  /// anew.
  private(set) var version = 0
  /// How many standard deviations more than expected are kept.
  private let margin: Double

  private var kinds: [Kind] = []
  private var kindIndices: [[Int64]: Int] = [:]
  private var freeKinds: [Int] = []

  init(margin: Double) { self.margin = margin }

  /// How far instances are put together.
  @inline(__always)
  func fill(_ settings: PlacementSettings) -> Double {
    load.hosts >= Self.fewestHosts ? settings.fill(at: mean.share) : 0
  }

  /// What scores for a class take of it.
  @inline(__always)
  func view(for wanted: ClassNumbers, _ settings: PlacementSettings) -> ClusterView {
    let parts = mean.parts(cpu: wanted.cpu, memory: wanted.memory)
    let part = max(parts.cpu, parts.memory)
    return ClusterView(
      meanShare: mean.share, scale: part > 0 ? 1 / part : 0,
      fill: fill(settings),
      shapes: wanted.isPack ? shapes : scarce)
  }

  /// Takes in that a host has other facts, or comes or goes.
  mutating func change(_ before: HostVector, to after: HostVector, hosts: [HostVector]) {
    change(before, to: after)
    guard mean.follow(sizeOf: load) else { return }
    choose(hosts)
  }

  /// Takes in that a host is different.
  @inline(__always)
  mutating func change(_ before: HostVector, to after: HostVector) {
    load.replace(before, with: after)
    let (left, leaves) = (HostRoom(before), HostRoom(after))
    shapes.withUnsafeMutableBufferPointer { shapes in
      for index in shapes.indices {
        shapes[index].places += shapes[index].places(leaves) - shapes[index].places(left)
      }
    }
    if mean.follow(loadOf: load) { version += 1 }
  }

  /// Counts instances of a kind as placed, and judges what is scarce now.
  @inline(__always)
  mutating func count(_ more: Int, ofKind kind: Int) {
    kinds[kind].placed += more
    kinds[kind].weights.withUnsafeBufferPointer { weights in
      shapes.withUnsafeMutableBufferPointer { shapes in
        for index in weights.indices { shapes[index].placed += more * weights[index] }
      }
    }
    judge()
  }

  /// The number of the kind that a new class is of; one that is new too is taken into account where it is large.
  mutating func join(cpu: Int64, memory: Int64, hosts: [HostVector]) -> Int {
    let key = [cpu, memory]
    if let known = kindIndices[key] {
      kinds[known].classes += 1
      return known
    }
    let index = freeKinds.popLast() ?? kinds.count
    let kind = Kind(cpu: cpu, memory: memory, classes: 1)
    if index == kinds.count { kinds.append(kind) } else { kinds[index] = kind }
    kindIndices[key] = index
    let size = self.size(cpu: cpu, memory: memory)
    if size > 0, shapes.count < Self.mostShapes || size >= shapes[shapes.count - 1].size {
      choose(hosts)
    }
    return index
  }

  /// Forgets classes of which nothing is placed, by their kinds.
  mutating func leave(_ left: [Int], hosts: [HostVector]) {
    for index in left {
      kinds[index].classes -= 1
      guard kinds[index].classes == 0 else { continue }
      kindIndices[[kinds[index].cpu, kinds[index].memory]] = nil
      kinds[index] = Kind(cpu: 0, memory: 0)
      freeKinds.append(index)
    }
    choose(hosts)
  }
}

extension RoomKeeper {
  private func size(cpu: Int64, memory: Int64) -> Double {
    let parts = mean.parts(cpu: cpu, memory: memory)
    return parts.cpu + parts.memory
  }

  /// Finds the largest shapes anew.
  private mutating func choose(_ hosts: [HostVector]) {
    let sizes = kinds.map { size(cpu: $0.cpu, memory: $0.memory) }
    let before = shapes
    shapes = kinds.indices.filter { sizes[$0] > 0 }.sorted { (sizes[$1], $0) < (sizes[$0], $1) }
      .prefix(Self.mostShapes)
      .map { index in
        let kind = kinds[index]
        var shape = RoomShape(cpu: kind.cpu, memory: kind.memory, size: sizes[index])
        shape.isScarce =
          before.first { $0.cpu == kind.cpu && $0.memory == kind.memory }?.isScarce ?? false
        shape.places = hosts.reduce(0) { $0 + shape.places(HostRoom($1)) }
        return shape
      }
    for index in kinds.indices {
      let kind = kinds[index]
      kinds[index].weights = shapes.map {
        $0.weight(ofCPU: kind.cpu, memory: kind.memory, size: sizes[index])
      }
      if kinds[index].weights.allSatisfy({ $0 == 0 }) { kinds[index].weights = [] }
      for (place, weight) in kinds[index].weights.enumerated() {
        shapes[place].placed += kind.placed * weight
      }
    }
    judge()
    noteScarce()
  }

  /// Finds which shapes are scarce.
  private mutating func judge() {
    guard load.hosts >= Self.fewestHosts || !scarce.isEmpty else { return }
    let rest = max(0, 1 - load.share) / (load.share + Self.priorShare)
    let prior = max(Self.leastPriorCount, Double(load.hosts) * Self.priorCountPerHost)
    let isChanged = shapes.withUnsafeMutableBufferPointer { shapes in
      var isChanged = false
      for index in shapes.indices {
        let seen = Double(shapes[index].placed) * (1 / RoomShape.one)
        let expected = (seen + prior) * rest
        let slack = shapes[index].isScarce ? Self.release : 1
        let most = slack * (expected + margin * (expected * (1 + rest)).squareRoot())
        let isScarce =
          Double(shapes[index].places) <= most && load.hosts >= Self.fewestHosts
        if isScarce != shapes[index].isScarce {
          shapes[index].isScarce = isScarce
          isChanged = true
        }
      }
      return isChanged
    }
    if isChanged { noteScarce() }
  }

  private mutating func noteScarce() {
    scarce = shapes.filter(\.isScarce)
    version += 1
  }
}
