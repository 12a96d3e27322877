// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// What is reserved.
extension PlacementEngine {
  /// Reserves on a host what one instance asks for, whether or not there is room. Nothing happens on one that is not
  /// known.
  /// - Parameter draw: whose held room it uses.
  package mutating func add(
    _ demand: PlacementDemand, on host: HostID, drawing draw: PlacementDraw? = nil
  ) {
    change(slot(of: demand), host, draw, sign: 1)
  }

  /// Takes back exactly what `add` reserved for the same demand and draw.
  package mutating func remove(
    _ demand: PlacementDemand, from host: HostID, drawing draw: PlacementDraw? = nil
  ) {
    change(slot(of: demand), host, draw, sign: -1)
  }

  package mutating func add(
    _ handle: PlacementClass, on host: HostID, drawing draw: PlacementDraw? = nil
  ) {
    change(slot(of: handle), host, draw, sign: 1)
  }

  package mutating func remove(
    _ handle: PlacementClass, from host: HostID, drawing draw: PlacementDraw? = nil
  ) {
    change(slot(of: handle), host, draw, sign: -1)
  }

  package mutating func add(_ instance: PlacedInstance) {
    add(instance.demand, on: instance.host, drawing: instance.draw)
  }

  package mutating func remove(_ instance: PlacedInstance) {
    remove(instance.demand, from: instance.host, drawing: instance.draw)
  }

  /// What an instance that is placed on a host now would draw.
  package func draw(of demand: PlacementDemand, on host: HostID) -> PlacementDraw? {
    guard let place = placeOf[host], vectors[place].hasHolds else { return nil }
    return slots[place]!.facts.draw(for: demand)
  }

  mutating func change(_ slot: Int, _ host: HostID, _ draw: PlacementDraw?, sign: Int) {
    guard let place = placeOf[host] else {
      classes[slot]!.placed += sign
      room.count(sign, ofKind: classes[slot]!.kind)
      return
    }
    if draw != nil {
      let asking = classes[slot]!.handle.demand.asking
      if sign > 0 {
        slots[place]!.facts.draw(asking, by: draw)
      } else {
        slots[place]!.facts.giveBack(asking, by: draw)
      }
    }
    change(slot, place: place, sign: sign)
  }

  mutating func change(_ slot: Int, place: Int, sign: Int) {
    classes[slot]!.placed += sign
    let service = classes[slot]!.service
    changeVector(slot, place, sign)
    let isCounted = !vectors[place].isDown
    count(sign, of: service)
    populations[place].add(sign, at: service)
    for (countable, amount) in classes[slot]!.amounts {
      while slots[place]!.amounts.count <= countable { slots[place]!.amounts.append(0) }
      slots[place]!.amounts[countable] += Int64(sign) * amount
    }
    for port in classes[slot]!.ports {
      let count = (slots[place]!.ports[port] ?? 0) + sign
      slots[place]!.ports[port] = count > 0 ? count : nil
    }
    if isCounted {
      for tally in services[service].tallies { add(sign, to: tally, place) }
    }
    for (other, tally) in classes[slot]!.rules.repels {
      guard let tally else {
        slots[place]!.repelled.add(sign, at: other)
        continue
      }
      slots[place]!.repelling.add(sign, at: tally)
      if isCounted { add(sign, to: tally, place) }
    }
    log.append(place, hostCount: slots.count)
  }

  @inline(__always)
  private mutating func changeVector(_ slot: Int, _ place: Int, _ sign: Int) {
    let before = vectors[place]
    let sign64 = Int64(sign)
    vectors[place].cpuUsed += sign64 * classes[slot]!.numbers.cpu
    vectors[place].memoryUsed += sign64 * classes[slot]!.numbers.memory
    vectors[place].coresUsed += Int32(sign) * classes[slot]!.numbers.cores
    vectors[place].instances += Int32(sign)
    room.change(before, to: vectors[place])
    room.count(sign, ofKind: classes[slot]!.kind)
  }

  @inline(__always)
  private mutating func add(_ more: Int, to tally: Int, _ place: Int) {
    tallies[tally].add(more, at: labels[tallies[tally].label].domainOf[place])
  }

  /// Counts instances of a service.
  mutating func count(_ more: Int, of service: Int) {
    let before = services[service].total
    services[service].total += more
    if services[service].gathersOnHosts, (before == 0) != (services[service].total == 0) {
      firsts += 1
    }
  }

  /// Counts everything on a host into the tallies, or out of them.
  mutating func count(_ place: Int, sign: Int) {
    guard let slot = slots[place], slot.facts.state != .down else { return }
    for entry in populations[place].entries {
      for tally in services[Int(entry.index)].tallies {
        add(sign * Int(entry.count), to: tally, place)
      }
    }
    for entry in slot.repelling.entries {
      add(sign * Int(entry.count), to: Int(entry.index), place)
    }
  }
}
