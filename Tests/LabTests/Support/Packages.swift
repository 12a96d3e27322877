// SPDX-License-Identifier: Apache-2.0
import Foundation
import SystemPackage
import TendonLab
import TendonLabClient

/// Debian packages of the programs that are tested.
enum Packages {
  /// To be shared with the host: it may lie where the host has something else, such as in /tmp.
  static let folder = CLI.repository.appending(path: ".build/deb-test")

  /// - Returns: the packages' paths, in the order of `names`.
  static func build(_ names: [String], version: String) throws -> [String] {
    let process = Process()
    process.executableURL = CLI.repository.appending(path: "units/debian/build-debs")
    process.arguments =
      [LabConfiguration.defaultBinaries().string, version, folder.path] + names
    var environment = ProcessInfo.processInfo.environment
    // Unpacked once, in the memory of a host: packing them tightly would only take time.
    environment["DEB_COMPRESSION"] = "-Znone"
    process.environment = environment
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw LabClusterError("units/debian/build-debs ended with \(process.terminationStatus)")
    }
    return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}
