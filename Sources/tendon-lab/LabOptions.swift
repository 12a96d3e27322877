// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import SystemPackage
import TendonLab

/// Which lab a command is about.
struct LabOptions: ParsableArguments {
  @Option(help: "The lab's name.")
  var name = "lab"

  @Option(help: "Where labs keep their state (else $TENDON_LAB_DIR, else /var/lib/tendon-lab).")
  var dir: String?

  var directory: FilePath { dir.map { FilePath($0) } ?? LabConfiguration.defaultDirectory() }

  func open() async throws -> Lab { try await Lab.open(name: name, directory: directory) }
}
