// SPDX-License-Identifier: Apache-2.0

package import TendonCore
package import TendonModel

/// One placement as it lies on disk.
package struct RememberedPlacement: Hashable, Sendable, Codable {
  package static let currentVersion = 1

  package var version: Int
  /// The boot that its process belongs to.
  package var bootID: String
  package var memory: PlacementMemory

  enum CodingKeys: String, CodingKey {
    case version, memory
    case bootID = "boot_id"
  }

  package init(bootID: String, memory: PlacementMemory) {
    version = Self.currentVersion
    self.bootID = bootID
    self.memory = memory
  }

  package var epoch: Epoch { memory.desired.epoch }
}
