// SPDX-License-Identifier: Apache-2.0

/// The parts of a host's score that its own facts and load decide.
struct HostScore {
  /// Against what makes dominant shares more unlike; where hosts are packed, against what is left.
  var load = 0.0
  var room = 0.0
  var stranding = 0.0
  var siblings = 0.0
  var affinity = 0.0
  var spread = 0.0
  var avoid = 0.0
  var kernel = 0.0
  /// Decides between what is equal otherwise: the host with fewer instances.
  var instances = 0.0

  /// The least that is compared: it outweighs nothing but equality.
  private static let tieWeight = 1.0 / 8_388_608

  /// On a small host an instance grows the share by more than on a mean one; so many times as much counts.
  private static let mostGrown = 2.0

  @inline(__always)
  init(
    _ wanted: ClassNumbers, _ host: HostVector, _ answer: HostScreen.Answer, siblings count: Int,
    _ cluster: ClusterView, _ settings: PlacementSettings
  ) {
    let cpu = Double(host.cpuUsed + wanted.cpu) * host.cpuUnit
    let memory = Double(host.memoryUsed + wanted.memory) * host.memoryUnit
    // What is left of both, as the length of a vector (the L2 norm of the residual).
    var packed: Double {
      -settings.balance * ((1 - cpu) * (1 - cpu) + (1 - memory) * (1 - memory)).squareRoot()
    }
    if wanted.isPack {
      load = packed
      stranding = -settings.packStranding * abs(cpu - memory)
      siblings = -Self.tieWeight * Double(count)
      room = -settings.packRoom * Double(cluster.lostLast(wanted, host))
    } else {
      let before = max(
        Double(host.cpuUsed) * host.cpuUnit, Double(host.memoryUsed) * host.memoryUnit)
      let grown = max(cpu, memory) - before
      // What the squares of the differences to the mean grow by, halved, in parts of what the instance is of a mean host.
      load =
        cluster.scale > 0
        ? -settings.balance * min(cluster.scale * grown, Self.mostGrown)
          * (before + grown / 2 - cluster.meanShare)
        : -settings.balance * before
      if cluster.fill > 0 { load += cluster.fill * (packed - load) }
      stranding = -settings.stranding * abs(cpu - memory)
      if count > 0 { siblings = -settings.siblings * Double(count) / Double(count + 1) }
      instances = -Self.tieWeight * Double(host.instances)
      room = -settings.room * cluster.lostScarce(wanted, host)
    }
    if answer.isMarked {
      affinity = settings.affinity * Double(answer.affinity)
      avoid = -settings.avoid * Double(answer.avoided)
      kernel = -settings.kernel * Double(answer.lacking)
    }
  }

  /// A score as it is compared: in whole parts of 2^-23, so that it takes four bytes. What differs by less is equal.
  @inline(__always)
  static func rank(_ score: Double) -> Int32 { Int32(min(max(score, -200), 200) * 8_388_608) }

  @inline(__always)
  var total: Double {
    load + room + stranding + siblings + affinity + spread + avoid + kernel + instances
  }

  func parts(isPack: Bool) -> [PlacementScore.Part] {
    [
      (isPack ? "pack" : "balance", load), ("room", room), ("stranding", stranding),
      ("siblings", siblings), ("affinity", affinity), ("spread", spread), ("avoid", avoid),
      ("kernel", kernel), ("instances", instances),
    ]
    .filter { $0.1 != 0 }.map { PlacementScore.Part(name: $0.0, value: $0.1) }
  }
}
