// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// Which of a host's cores belong to one placement alone, and which all others share.
///
/// No core is ever in two places, and at least one stays shared, so that what has no cores of its own can run. A
/// placement keeps the cores it has when it gets more, and gives its highest back when it needs fewer.
package struct CorePool: Hashable, Sendable {
  /// Why cores could not be given.
  package enum Refusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kernel cannot bind instances to cores.
    case noCpuset
    case tooFew(wanted: Int, free: Int)
    /// What a placement is said to hold is not the host's, or another's.
    case notFree(CPUList)

    package var description: String {
      switch self {
      case .noCpuset:
        "not available: this kernel has no cpuset controller, or it is not enabled for instances"
      case .tooFew(let wanted, let free):
        "\(counted(wanted, "more core")) wanted, and \(free) can be given; "
          + "one always stays with the instances that share"
      case .notFree(let list): "the cores \(list) are not free on this host"
      }
    }
  }

  /// Those that instances may use at all; empty where the kernel has no cpuset.
  package let all: CPUList
  package private(set) var held: [Epoch: CPUList] = [:]

  package init(all: CPUList) { self.all = all }

  /// How many a coordinator may hand out; nil where that can't be done.
  package var capacity: Int? { all.isEmpty ? nil : max(0, all.cpus.count - 1) }

  /// The cores that nobody has for itself.
  package var shared: CPUList {
    let taken = Set(held.values.flatMap(\.cpus))
    return CPUList(all.cpus.filter { !taken.contains($0) })
  }

  package var isDivided: Bool { !held.isEmpty }

  /// Gives a placement so many cores in all; it may have some already.
  package mutating func assign(_ count: Int, to epoch: Epoch) throws(Refusal) -> CPUList {
    guard !all.isEmpty else { throw .noCpuset }
    let own = held[epoch]?.cpus ?? []
    guard count > own.count else {
      let list = CPUList(own.prefix(count))
      held[epoch] = list
      return list
    }
    let more = count - own.count
    let free = shared.cpus
    guard more < free.count else { throw .tooFew(wanted: more, free: max(0, free.count - 1)) }
    // The highest: what is not an instance's tends to gather on the lowest, which also takes most interrupts.
    let list = CPUList(own + free.suffix(more))
    held[epoch] = list
    return list
  }

  /// Takes over what the kernel says a placement has, after a restart of the agent. All that are left are not one's own:
  /// a placement without cores of its own may run on those.
  package mutating func adopt(_ list: CPUList, by epoch: Epoch) throws(Refusal) {
    guard !list.isEmpty else { return }
    let free = Set(shared.cpus).union(held[epoch]?.cpus ?? [])
    guard list.cpus.allSatisfy(free.contains), list.cpus.count < free.count else {
      throw .notFree(list)
    }
    held[epoch] = list
  }

  /// Fine when it has none.
  package mutating func release(_ epoch: Epoch) { held[epoch] = nil }
}
