// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// Why not all of several instances could be placed.
package struct GangRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  /// Which of them found no host, counted from 0 in the order they were asked for.
  package var index: Int
  package var service: ServiceName
  /// How many of them would have found one.
  package var fitting: Int
  package var wanted: Int
  package var refusal: PlacementRefusal

  package var description: String {
    "only \(fitting) of the \(wanted) instances that are placed together find a host; one of \(service) "
      + "\(refusal)"
  }
}

/// Several at once.
extension PlacementEngine {
  /// Hosts for several instances, in their order, each chosen with those before in place; all of them, or none.
  /// Nothing is reserved.
  ///
  /// Instances that must be near others come after those; otherwise the largest is placed first, since it finds room
  /// hardest.
  package mutating func chooseAll(
    for demands: [(demand: PlacementDemand, context: PlacementContext)]
  ) throws(GangRefusal) -> [HostID] {
    var hosts: [Int: (id: HostID, draw: PlacementDraw?)] = [:]
    defer {
      for (index, host) in hosts {
        remove(demands[index].demand, from: host.id, drawing: host.draw)
      }
    }
    for index in gangOrder(of: demands.map(\.demand)) {
      do throws(PlacementRefusal) {
        let demand = demands[index].demand
        let host = try choose(for: demand, context: demands[index].context)
        let draw = draw(of: demand, on: host)
        add(demand, on: host, drawing: draw)
        hosts[index] = (host, draw)
      } catch {
        throw GangRefusal(
          index: index, service: demands[index].demand.service, fitting: hosts.count,
          wanted: demands.count, refusal: error)
      }
    }
    return demands.indices.map { hosts[$0]!.id }
  }

  private func gangOrder(of demands: [PlacementDemand]) -> [Int] {
    func follows(_ demand: PlacementDemand) -> Int {
      let near = demand.rules.affinity.contains { rule in
        if case .service(let name) = rule.target {
          rule.isHard && name != demand.service
        } else {
          false
        }
      }
      return near ? 1 : 0
    }
    return demands.indices.sorted { left, right in
      let (one, other) = (demands[left], demands[right])
      let (first, second) = (follows(one), follows(other))
      if first != second { return first < second }
      if one.cpu != other.cpu { return one.cpu > other.cpu }
      if one.memory != other.memory { return one.memory > other.memory }
      return left < right
    }
  }

  /// How many more instances fit, up to `most`, and what keeps the next one off.
  package func capacity(
    for demand: PlacementDemand, most: Int = 1_000_000
  ) -> (count: Int, refusal: PlacementRefusal?) {
    var trial = self
    let handle = trial.intern(demand)
    for count in 0..<most {
      do throws(PlacementRefusal) { _ = try trial.place(handle) } catch { return (count, error) }
    }
    return (most, nil)
  }
}
