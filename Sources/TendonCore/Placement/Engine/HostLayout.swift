// SPDX-License-Identifier: Apache-2.0

/// How hosts are laid out as leaves of tournament trees: one tree for each group of hosts that have the same values of
/// some labels. Shared by all classes of demands whose rules name the same labels.
struct HostLayout {
  struct Group {
    /// Where the tree begins among the nodes; its root is the node after.
    var base: Int
    /// How many leaves it has: a power of two.
    var size: Int
    /// The domain of each label; -1 for hosts without the label.
    var domains: [Int32]
    /// The hosts, by the order of their leaves.
    var members: [Int32]
  }

  /// The labels' indices.
  let labels: [Int]
  private(set) var groups: [Group] = []
  /// Per host, its leaf among all nodes, and its group.
  private(set) var leaves: [Int32]
  private(set) var groupOf: [Int32]
  private(set) var nodeCount = 0
  /// The structure of the engine that it was made from.
  let version: Int

  /// Where the tree begins that a host is in.
  @inline(__always)
  func base(of host: Int) -> Int { groups.count == 1 ? 0 : groups[Int(groupOf[host])].base }

  init(labels: [Int], domains: [LabelDomains], hostCount: Int, version: Int) {
    self.labels = labels
    self.version = version
    leaves = Array(repeating: 0, count: hostCount)
    groupOf = Array(repeating: 0, count: hostCount)
    if labels.isEmpty {
      groups = [Group(base: 0, size: 0, domains: [], members: (0..<hostCount).map { Int32($0) })]
    } else {
      var found: [[Int32]: Int] = [:]
      for host in 0..<hostCount {
        let key = labels.map { domains[$0].domainOf[host] }
        let group = found[key] ?? groups.count
        if group == groups.count {
          found[key] = group
          groups.append(Group(base: 0, size: 0, domains: key, members: []))
        }
        groups[group].members.append(Int32(host))
        groupOf[host] = Int32(group)
      }
    }
    for index in groups.indices {
      var size = 1
      while size < groups[index].members.count { size *= 2 }
      groups[index].base = nodeCount
      groups[index].size = size
      for (place, host) in groups[index].members.enumerated() {
        leaves[Int(host)] = Int32(nodeCount + size + place)
      }
      nodeCount += 2 * size
    }
  }
}

/// The scores of all hosts for one class of demands, so that the best one is found at once: tournament trees, as a
/// layout has them. A host that can't take the instance has the score minus infinity.
struct CandidateIndex {
  var nodes: [Double]

  init(nodeCount: Int) { nodes = Array(repeating: -.infinity, count: nodeCount) }

  /// Fills one group's tree anew.
  mutating func fill(_ group: HostLayout.Group, score: (Int) -> Double) {
    let first = group.base + group.size
    for (place, host) in group.members.enumerated() { nodes[first + place] = score(Int(host)) }
    var node = group.size - 1
    while node > 0 {
      let left = group.base + 2 * node
      nodes[group.base + node] = max(nodes[left], nodes[left + 1])
      node -= 1
    }
  }

  /// Changes the score of one leaf.
  mutating func set(_ score: Double, leaf: Int, base: Int) {
    change { Self.set(score, leaf: leaf, base: base, $0) }
  }

  @inline(__always)
  mutating func change(_ body: (UnsafeMutableBufferPointer<Double>) -> Void) {
    nodes.withUnsafeMutableBufferPointer { body($0) }
  }

  /// Changes the score of one leaf, and of those above it as far as it is the best of them.
  @inline(__always)
  static func set(
    _ score: Double, leaf: Int, base: Int, _ nodes: UnsafeMutableBufferPointer<Double>
  ) {
    if nodes[leaf] == score { return }
    nodes[leaf] = score
    var node = (leaf - base) >> 1
    while node > 0 {
      let left = base + 2 * node
      let best = max(nodes[left], nodes[left + 1])
      if nodes[base + node] == best { break }
      nodes[base + node] = best
      node >>= 1
    }
  }

  /// The best score of a group.
  @inline(__always)
  func top(_ group: HostLayout.Group) -> Double { nodes[group.base + 1] }

  /// The host that has it; the first of several.
  @inline(__always)
  func best(_ group: HostLayout.Group) -> Int {
    nodes.withUnsafeBufferPointer { nodes in
      var node = 1
      let top = nodes[group.base + 1]
      while node < group.size {
        node *= 2
        if nodes[group.base + node] != top { node += 1 }
      }
      return Int(group.members[node - group.size])
    }
  }
}
