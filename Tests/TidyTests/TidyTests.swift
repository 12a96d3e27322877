// SPDX-License-Identifier: Apache-2.0
import Testing

/// The house rules, held against the source tree as it is on disk.
@Suite struct TidyTests {
  private let programs = SourceTree.swift.filter { !$0.isTest && $0.path != "Package.swift" }

  @Test("The tree is found, with all its parts.")
  func treeIsFound() {
    #expect(SourceTree.swift.count > 300)
    #expect(SourceTree.files.contains { $0.isC })
    #expect(SourceTree.file("Makefile") != nil && SourceTree.file("README.md") != nil)
  }

  @Test("Every source file begins with its licence.")
  func licences() {
    let others = [".ci/run", "Makefile", "Sources/tendon-init/Makefile"]
    expectNone(
      SourceTree.files.filter { $0.isSwift || $0.isC || others.contains($0.path) }
        .flatMap(Rules.licence))
  }

  @Test("No Swift file is longer than 400 lines.")
  func lengths() { expectNone(SourceTree.swift.flatMap(Rules.length)) }

  @Test("Swift never forks.")
  func forks() { expectNone(SourceTree.swift.flatMap(Rules.forks)) }

  @Test("C is only where Swift cannot be.")
  func placesOfC() {
    let places = [
      "Sources/CLinux/", "Sources/CSystemd/", "Sources/tendon-init/", "Sources/CSeccomp/",
    ]
    expectNone(
      SourceTree.files.filter { file in
        file.isC && !places.contains { file.path.hasPrefix($0) }
      }
      .map { Offence($0, 1, "C belongs into CLinux, CSystemd or tendon-init") })
  }

  @Test("What runs on every host does without Foundation.")
  func foundation() { expectNone(programs.flatMap(Layers.foundation)) }

  @Test("Each target imports only what its layer allows; Core and Linux never see each other.")
  func layers() { expectNone(programs.flatMap(Layers.ownImports)) }

  @Test("The model and the cores neither wait, nor read a clock, nor touch the machine.")
  func purity() { expectNone(programs.flatMap(Layers.purity)) }

  @Test("package is the widest access.")
  func access() { expectNone(programs.flatMap(Rules.publicAccess)) }

  @Test("Nothing is left to be done later.")
  func leftovers() { expectNone(SourceTree.files.flatMap(Rules.leftovers)) }

  @Test("An error that is swallowed has its reason beside it.")
  func swallowedErrors() { expectNone(SourceTree.swift.flatMap(Rules.swallowedErrors)) }

  @Test("What the compiler cannot check has its reason beside it.")
  func uncheckedSendable() { expectNone(SourceTree.swift.flatMap(Rules.uncheckedSendable)) }

  @Test("Every task has an owner.")
  func unownedTasks() { expectNone(programs.flatMap(Rules.unownedTasks)) }

  @Test("Libraries do not print.")
  func prints() {
    expectNone(
      SourceTree.swift.filter { $0.path.hasPrefix("Sources/Tendon") }.flatMap(Rules.prints))
  }

  @Test("No file knows the paths of one machine.")
  func machinePaths() { expectNone(SourceTree.files.flatMap(Rules.machinePaths)) }

  @Test("A file is named for what it declares.")
  func fileNames() {
    let exceptions: Set = [
      // Entry points.
      "Main", "XCTMain", "Package",
      // Named for a group of small types or functions.
      "AgentMessages", "ClusterTables", "MailboxMessages", "Records",
      "ResourceRules", "TestStores",
      "UserMessages", "Version", "Views", "Words",
      // Named for a topic of one type, as `Type+Topic` would be.
      "AgentRoutes", "Array+Data", "ClusterRoutes", "ExecRoutes", "InitRequestEncoding",
      "HostRoutes", "InstanceRoutes", "KnobFile", "ReservationRoutes", "ServiceRoutes",
    ]
    expectNone(
      SourceTree.swift.filter { !exceptions.contains($0.name) }.flatMap(Rules.fileName))
  }

  @Test("What README tells to make can be made.")
  func makeTargets() throws {
    let makefile = try #require(SourceTree.file("Makefile"))
    let readme = try #require(SourceTree.file("README.md"))
    #expect(!MakeTargets.named(in: readme).isEmpty)
    expectNone(MakeTargets.missing(from: makefile, in: readme))
  }
}
