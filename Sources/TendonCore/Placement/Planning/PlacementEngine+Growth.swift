// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// Other requests of instances that stay where they are.
package struct PlacementGrowth: Hashable, Sendable {
  package var instance: PlacedInstance
  /// What it is to have.
  package var demand: PlacementDemand

  package init(of instance: PlacedInstance, to demand: PlacementDemand) {
    self.instance = instance
    self.demand = demand
  }
}

extension PlacementEngine {
  /// What a host has no room for of what its instances are to get, in words that follow "host1: "; empty where it has
  /// room for all of it. What is not to grow may be more than the host has.
  /// - Parameter growth: of instances on one host.
  package mutating func refusals(of growth: [PlacementGrowth], by host: HostID) -> [String] {
    guard let place = placeOf[host] else { return [] }
    let before = rooms(of: place)
    for one in growth {
      remove(one.instance)
      add(one.demand, on: host, drawing: one.instance.draw)
    }
    defer {
      for one in growth {
        remove(one.demand, from: host, drawing: one.instance.draw)
        add(one.instance)
      }
    }
    return zip(before, rooms(of: place)).compactMap { before, after in
      let more = before.free - after.free
      guard more > 0, after.free < 0 else { return nil }
      return Self.words(
        .init(resource: after.resource, wanted: more, free: before.free, all: after.all))
    }
  }

  /// What a host has of everything that is bounded, and what of it is free: less than nothing where it has given more.
  private func rooms(
    of place: Int
  ) -> [(resource: Shortness.Resource, free: Int64, all: Int64)] {
    let host = vectors[place]
    let held = slots[place]!.facts.held()
    var rooms: [(resource: Shortness.Resource, free: Int64, all: Int64)] = [
      (.cpu, host.cpuCapacity - host.cpuUsed - held.cpu.rawValue, host.cpuCapacity),
      (
        .memory, host.memoryCapacity - host.memoryUsed - held.memory.rawValue, host.memoryCapacity
      ),
      (.cores, Int64(max(0, host.cores)) - Int64(host.coresUsed), Int64(host.cores)),
    ]
    let given = slots[place]!.amounts
    for (index, bound) in countableBounds[place].enumerated() where bound != .max {
      let amount = index < given.count ? given[index] : 0
      rooms.append((.countable(countableNames[index]), bound - amount, bound))
    }
    return rooms
  }
}
