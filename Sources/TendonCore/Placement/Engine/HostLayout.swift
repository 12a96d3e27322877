// SPDX-License-Identifier: Apache-2.0

/// In which order hosts stand in lists of candidates: those that have the same values of some labels together, as a
/// group. Shared by all classes of demands whose rules name the same labels.
struct HostLayout {
  struct Group {
    /// The block that the group begins with, and how many it has.
    var firstBlock = 0
    var blockCount = 0
    /// The domain of each label; -1 for hosts without the label.
    let domains: [Int32]
    /// The hosts, in their order.
    var members: [Int32]
  }

  /// The labels' indices.
  let labels: [Int]
  private(set) var groups: [Group] = []
  /// Per host, where its score stands.
  private(set) var positions: [Int32]
  private(set) var blockCount = 0
  /// The structure of the engine that it was made from.
  let version: Int

  init(labels: [Int], domains: [LabelDomains], hostCount: Int, version: Int) {
    self.labels = labels
    self.version = version
    positions = Array(repeating: 0, count: hostCount)
    if labels.isEmpty {
      groups = [Group(domains: [], members: (0..<hostCount).map { Int32($0) })]
    } else {
      var found: [[Int32]: Int] = [:]
      for host in 0..<hostCount {
        let key = labels.map { domains[$0].domainOf[host] }
        let group = found[key] ?? groups.count
        if group == groups.count {
          found[key] = group
          groups.append(Group(domains: key, members: []))
        }
        groups[group].members.append(Int32(host))
      }
    }
    let size = CandidateIndex.blockSize
    for index in groups.indices {
      groups[index].firstBlock = blockCount
      groups[index].blockCount = (groups[index].members.count + size - 1) / size
      for (place, host) in groups[index].members.enumerated() {
        positions[Int(host)] = Int32(blockCount * size + place)
      }
      blockCount += groups[index].blockCount
    }
  }
}
