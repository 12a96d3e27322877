// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// Where instances are best placed: all hosts with what is reserved on them, in structures made for that question.
///
/// Instances that ask for the same share the work: for each class of demands in use the scores of all hosts are kept
/// in trees (`CandidateIndex`). Every change of a host is noted in a log; a class that is asked for looks at the hosts
/// that changed since it was last asked, and then knows the best host. What is kept is only a shortcut: filters and
/// scores are the same functions that explain.
///
/// Hosts have numbers, their places in `slots`, `vectors` and every other array per host. A place is used again when
/// its host is removed. Equal scores go to the host with the lower place.
package struct PlacementEngine: Sendable {
  package internal(set) var settings: PlacementSettings

  var slots: [HostSlot?] = []
  /// The names of hosts by their places, since a slot is large to copy.
  var ids: [HostID?] = []
  var vectors: [HostVector] = []
  /// Per host, its placements per service.
  var populations: [SparseCounts] = []
  var placeOf: [HostID: Int] = [:]
  private var freePlaces: [Int] = []

  /// Names of countables, and per host what it has of each: -1 where it does not say.
  var countableNames: [String] = []
  var countableIndices: [String: Int] = [:]
  var countableBounds: [[Int64]] = []

  var labels: [LabelDomains] = []
  var labelIndices: [String: Int] = [:]
  var tallies: [DomainTally] = []
  var services: [ServiceSlot] = []
  var serviceIndices: [ServiceName: Int] = [:]

  var screens: [HostScreen] = []
  var screenIndices: [HostScreen.Wishes: Int] = [:]
  var classes: [ClassState?] = []
  var classIndices: [PlacementDemand: Int] = [:]
  var freeClasses: [Int] = []
  /// How many classes have candidates now.
  var indexed = 0
  /// Decisions so far.
  var decisions = 0

  var log = ChangeLog()
  /// Changes when hosts come or go, or their labels change: leaves of trees have to be laid out anew.
  var structure = 0
  /// Changes when hosts open or close to new instances.
  var openings = 0
  /// Changes when a service that gathers on hosts gets its first instance, or loses its last.
  var firsts = 0
  var layouts: [HostLayout] = []
  var room: RoomKeeper

  /// Changes when all scores have to be looked at anew.
  var epoch: Int { room.version + firsts }

  package init(settings: PlacementSettings = PlacementSettings()) {
    self.settings = settings
    room = RoomKeeper(margin: settings.roomMargin)
  }

  /// Changes when hosts come, go, open or close.
  package var hostChanges: Int { structure + openings }

  package var hostCount: Int { placeOf.count }

  /// Every host, with its loads, in no particular order.
  package var hosts: some Sequence<PlacementHost> {
    slots.indices.lazy.compactMap { view(of: $0) }
  }

  package var hostIDs: [HostID] { placeOf.keys.sorted() }

  package subscript(id: HostID) -> PlacementHost? { placeOf[id].flatMap(view(of:)) }

  /// Adds a host, or takes in new facts of a known one; what is placed there stays. Loads in `host` are not looked at.
  package mutating func put(_ host: PlacementHost) {
    var facts = host
    facts.dropLoads()
    if let place = placeOf[host.id] {
      let old = slots[place]!.facts
      if old == facts { return }
      let counts = !(old.labels == facts.labels && (old.state == .down) == (facts.state == .down))
      if counts { count(place, sign: -1) }
      slots[place]!.facts = facts
      take(facts, place)
      if counts { count(place, sign: 1) }
      if old.labels != facts.labels { structure += 1 }
      openings += 1
    } else {
      let place = freePlaces.popLast() ?? slots.count
      if place == slots.count {
        slots.append(nil)
        ids.append(nil)
        vectors.append(HostVector())
        populations.append(SparseCounts())
        countableBounds.append([])
      }
      placeOf[host.id] = place
      slots[place] = HostSlot(facts)
      ids[place] = facts.id
      take(facts, place)
      structure += 1
      openings += 1
    }
  }

  /// Forgets a host, with all that is reserved on it.
  package mutating func remove(_ id: HostID) {
    guard let place = placeOf.removeValue(forKey: id) else { return }
    count(place, sign: -1)
    for entry in populations[place].entries {
      count(-Int(entry.count), of: Int(entry.index))
    }
    let before = vectors[place]
    slots[place] = nil
    ids[place] = nil
    vectors[place] = HostVector()
    room.change(before, to: vectors[place], hosts: vectors)
    populations[place] = SparseCounts()
    for label in labels.indices { labels[label].set(nil, host: place) }
    freePlaces.append(place)
    log.append(place, hostCount: slots.count)
    structure += 1
    openings += 1
  }

  private mutating func take(_ facts: PlacementHost, _ place: Int) {
    let before = vectors[place]
    vectors[place].take(facts)
    for (name, _) in facts.countables.sorted { _ = index(ofCountable: name) }
    countableBounds[place] = countableNames.map { Self.bound(of: $0, facts) }
    for label in labels.indices {
      labels[label].set(facts.labels[labels[label].label], host: place)
    }
    for screen in screens.indices { screens[screen].set(facts, host: place) }
    room.change(before, to: vectors[place], hosts: vectors)
    log.append(place, hostCount: slots.count)
  }

  /// How much a host has of something: `.max` where it gives out any amount.
  private static func bound(of countable: String, _ facts: PlacementHost) -> Int64 {
    if facts.countables.names(countable) { return facts.countables[countable] }
    return Countables.isDevice(countable) ? 0 : .max
  }

  mutating func index(ofCountable name: String) -> Int {
    if let known = countableIndices[name] { return known }
    countableIndices[name] = countableNames.count
    countableNames.append(name)
    for place in slots.indices {
      guard let slot = slots[place] else { continue }
      countableBounds[place].append(Self.bound(of: name, slot.facts))
    }
    return countableNames.count - 1
  }

  /// A host with what is reserved of CPU, memory and cores, and held, but without what else is counted.
  package func facts(of id: HostID) -> PlacementHost? { placeOf[id].flatMap(facts(of:)) }

  func labels(of id: HostID) -> [String: String]? {
    placeOf[id].flatMap { slots[$0]?.facts.labels }
  }

  private func facts(of place: Int) -> PlacementHost? {
    guard var host = slots[place]?.facts else { return nil }
    let vector = vectors[place]
    host.reservedCPU = MilliCPU(vector.cpuUsed)
    host.reservedMemory = Bytes(vector.memoryUsed)
    host.reservedCores = Int(vector.coresUsed)
    return host
  }

  private func view(of place: Int) -> PlacementHost? {
    guard let slot = slots[place], var host = facts(of: place) else { return nil }
    for (index, amount) in slot.amounts.enumerated() where amount != 0 {
      host.reservedCountables[countableNames[index]] = amount
    }
    host.fixedPorts = slot.ports
    for entry in populations[place].entries {
      host.instances[services[Int(entry.index)].name] = Int(entry.count)
    }
    return host
  }
}
