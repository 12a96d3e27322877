// SPDX-License-Identifier: Apache-2.0

import Foundation
import TendonModel
import Testing

@Suite("A placement's resources")
struct DesiredPlacementTests {
  private func placement() throws -> DesiredPlacement {
    let spec = ServiceSpec(name: try ServiceName("web"), command: ["/bin/web"])
    return DesiredPlacement(
      epoch: Epoch(1), instance: InstanceID(service: spec.name, slot: 0), host: try HostID("a"),
      spec: spec, resources: spec.resources, resourcesRevision: Revision(1),
      placedAt: Timestamp(millisecondsSinceEpoch: 0))
  }

  @Test("Stay as they are when its spec changes, also where they were those of the spec.")
  func kept() throws {
    var placement = try placement()
    let before = placement.resources
    placement.spec.resources.pids = .value(7)
    #expect(placement.resources == before && placement.spec.resources != before)
    placement.resources.pids = .value(7)
    #expect(placement.resources == placement.spec.resources)
    placement.spec.command = ["/bin/other"]
    #expect(placement.resources.pids == .value(7))
  }

  @Test("Are written out whole, and read back, whether or not they are those of the spec.")
  func coded() throws {
    for pids in [Limit<Int>.max, .value(9)] {
      var placement = try placement()
      placement.resources.pids = pids
      placement.isLent = true
      let data = try JSONEncoder().encode(placement)
      #expect(String(decoding: data, as: UTF8.self).contains("\"resources\""))
      #expect(try JSONDecoder().decode(DesiredPlacement.self, from: data) == placement)
    }
  }
}
