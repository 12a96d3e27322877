// SPDX-License-Identifier: Apache-2.0
package import SystemPackage

extension Lab {
  /// Makes a lab and starts all of it; returns when the coordinator answers and every host has
  /// booted. A dead lab of the same name is cleared away first. On an error nothing is left.
  package static func up(_ configuration: LabConfiguration) async throws(LabError) -> Lab {
    try await offPool { () throws(LabError) -> Lab in
      let store = try LabStore(directory: configuration.directory, name: configuration.name)
      return try LabBuilder(configuration: configuration, store: store).build()
    }
  }

  /// Ends every process of the lab and removes its network and its folder.
  package func down() async throws(LabError) {
    try await Self.down(name: store.name, directory: store.directory)
  }

  /// The same by name; nothing happens where there is no such lab.
  package static func down(
    name: String = "lab", directory: FilePath = LabConfiguration.defaultDirectory()
  ) async throws(LabError) {
    try await offPool { () throws(LabError) in
      try LabRemover(store: LabStore(directory: directory, name: name)).remove()
    }
  }
}
