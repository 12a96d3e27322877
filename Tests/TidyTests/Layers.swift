// SPDX-License-Identifier: Apache-2.0

/// Which of our own modules each target may import, and what the inner ones may not use at all.
enum Layers {
  /// Every target outside the tests. Core and Linux never see each other; only shells see both.
  static let allowed: [String: Set<String>] = [
    "TendonModel": [],
    "TendonCore": ["TendonModel"],
    "TendonSpec": ["TendonModel"],
    "TendonDatagram": ["TendonModel"],
    "TendonJSON": ["TendonModel"],
    "TendonLinux": ["TendonModel", "CLinux"],
    "TendonSeccomp": ["TendonModel", "CSeccomp"],
    "TendonSystemd": ["CSystemd"],
    "TendonStore": ["TendonModel"],
    "TendonClient": ["TendonModel"],
    "TendonAgent": [
      "TendonModel", "TendonCore", "TendonLinux", "TendonClient", "TendonDatagram", "TendonJSON",
      "CLinux", "TendonSeccomp", "TendonSystemd",
    ],
    "TendonCoordinator": [
      "TendonModel", "TendonCore", "TendonSpec", "TendonStore", "TendonDatagram", "TendonJSON",
      "TendonLinux", "TendonSystemd",
    ],
    "TendonLab": ["TendonModel", "CLinux"],
    "TendonSimulation": ["TendonModel", "TendonCore", "TendonDatagram"],
    "tendon-simulate": ["TendonSimulation"],
    "TendonLabClient": ["TendonModel", "TendonLab", "TendonClient"],
    "tendon": ["TendonModel", "TendonSpec", "TendonClient"],
    "tendon-agent": ["TendonModel", "TendonClient", "TendonAgent"],
    "tendon-coordinator": ["TendonModel", "TendonCoordinator", "TendonSystemd"],
    "tendon-lab": ["TendonLab"],
    // Benchmarks measure everything; the floor below it all is measured from C.
    "Benchmarks": [
      "TendonModel", "TendonCore", "TendonDatagram", "TendonCoordinator", "TendonAgent",
      "TendonLinux", "TendonClient", "TendonSpec", "TendonStore", "TendonLab", "TendonLabClient",
      "CLinux",
    ],
    "examples/website": [],
    "examples/demo": ["TendonModel", "TendonSpec", "TendonClient", "TendonLab", "TendonLabClient"],
  ]

  /// What runs on every host does without Foundation, which costs 50 MB of program.
  static let withoutFoundation: Set = [
    "TendonModel", "TendonCore", "TendonLinux", "TendonDatagram", "TendonJSON", "TendonClient",
    "TendonAgent", "TendonSeccomp", "TendonSystemd", "tendon-agent",
  ]

  /// Modules that bring clocks, files or threads with them.
  static let impure: Set = [
    "Glibc", "Dispatch", "Foundation", "FoundationEssentials", "SystemPackage", "Logging",
    "Synchronization",
  ]

  static func ownImports(_ file: SourceFile) -> [Offence] {
    guard let allowed = allowed[file.target] else {
      return [Offence(file, 1, "the target \(file.target) is in no layer")]
    }
    return file.imports.filter { isOurs($0.module) && !allowed.contains($0.module) }.map {
      Offence(file, $0.line, "\(file.target) must not import \($0.module)")
    }
  }

  static func foundation(_ file: SourceFile) -> [Offence] {
    guard withoutFoundation.contains(file.target) else { return [] }
    return file.imports.filter { $0.module == "Foundation" || $0.module.hasPrefix("Foundation.") }
      .map { Offence(file, $0.line, "\(file.target) does without Foundation") }
  }

  /// The model and the cores: no input or output, no clock, no randomness of their own, no waiting.
  static func purity(_ file: SourceFile) -> [Offence] {
    guard ["TendonModel", "TendonCore"].contains(file.target) else { return [] }
    let imports = file.imports.filter { impure.contains($0.module) }.map {
      Offence(file, $0.line, "a pure module must not import \($0.module)")
    }
    let pattern =
      /\b(await|async|ContinuousClock|SuspendingClock|SystemRandomNumberGenerator|Logger)\b/
    // A generator that is injected may have the system's as its default.
    let isInjected = /RandomNumberGenerator[^=]*= SystemRandomNumberGenerator\(\)/
    let used = file.codeLines(
      with: "await", "async", "Clock", "Generator", "Logger", matching: pattern
    ).filter {
      file.code[$0 - 1].firstMatch(of: isInjected) == nil
    }
    return imports + used.map { Offence(file, $0, "a pure module neither waits nor reads a clock") }
  }

  private static func isOurs(_ module: String) -> Bool {
    module.hasPrefix("Tendon") || ["CLinux", "CSeccomp", "CSystemd"].contains(module)
  }
}
