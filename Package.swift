// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]

extension Target.Dependency {
  static let argumentParser: Self = .product(
    name: "ArgumentParser", package: "swift-argument-parser")
  static let asyncHTTPClient: Self = .product(name: "AsyncHTTPClient", package: "async-http-client")
  static let crypto: Self = .product(name: "Crypto", package: "swift-crypto")
  static let grdb: Self = .product(name: "GRDB", package: "GRDB.swift")
  static let hummingbird: Self = .product(name: "Hummingbird", package: "hummingbird")
  static let hummingbirdCore: Self = .product(name: "HummingbirdCore", package: "hummingbird")
  static let logging: Self = .product(name: "Logging", package: "swift-log")
  static let nioCore: Self = .product(name: "NIOCore", package: "swift-nio")
  static let nioPosix: Self = .product(name: "NIOPosix", package: "swift-nio")
  static let nioHTTP1: Self = .product(name: "NIOHTTP1", package: "swift-nio")
  static let serviceLifecycle: Self = .product(
    name: "ServiceLifecycle", package: "swift-service-lifecycle")
  static let unixSignals: Self = .product(name: "UnixSignals", package: "swift-service-lifecycle")
  static let systemPackage: Self = .product(name: "SystemPackage", package: "swift-system")
  static let yams: Self = .product(name: "Yams", package: "Yams")
}

func library(
  _ name: String, _ dependencies: [Target.Dependency] = []
) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func program(
  _ name: String, _ dependencies: [Target.Dependency], path: String? = nil
) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies, path: path, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = [])
  -> Target
{
  .testTarget(
    name: name, dependencies: dependencies, resources: resources, swiftSettings: settings)
}

let allTests: [Target] = [
  tests("TendonModelTests", ["TendonModel"]),
  tests("TendonCoreTests", ["TendonModel", "TendonCore"]),
  tests("TendonSpecTests", ["TendonModel", "TendonSpec"]),
  tests("TendonDatagramTests", ["TendonModel", "TendonDatagram"]),
  tests(
    "TendonLinuxTests",
    ["TendonModel", "TendonLinux", "TendonSeccomp", "CLinux", .systemPackage]),
  tests("TendonSeccompTests", ["TendonModel", "TendonSeccomp"]),
  tests("TendonSystemdTests", ["TendonSystemd", .logging]),
  tests("TendonStoreTests", ["TendonModel", "TendonStore", .grdb]),
  tests("TendonClientTests", ["TendonModel", "TendonClient", .nioCore, .nioPosix, .nioHTTP1]),
  tests("TendonCLITests", ["TendonModel", "tendon"]),
  tests(
    "TendonAgentTests",
    [
      "TendonModel", "TendonCore", "TendonLinux", "TendonDatagram", "TendonAgent",
      "TendonSystemd", .nioCore,
      .nioPosix, .logging, .systemPackage,
    ]),
  tests(
    "TendonCoordinatorTests",
    [
      "TendonModel", "TendonCore", "TendonCoordinator", "TendonStore", "TendonDatagram",
      .product(name: "HummingbirdTesting", package: "hummingbird"),
    ]),
  tests(
    "TendonSimulationTests",
    ["TendonModel", "TendonCore", "TendonDatagram", "TendonSimulation"]),
  tests("TidyTests", []),
  tests(
    "LabTests",
    [
      "TendonModel", "TendonSpec", "TendonClient", "TendonLab", "TendonLabClient", .nioCore,
      .systemPackage,
    ]),
]

let package = Package(
  name: "tendon",
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    library("TendonModel"),
    library("TendonCore", ["TendonModel"]),
    library("TendonSpec", ["TendonModel", .yams]),
    library("TendonDatagram", ["TendonModel", .crypto]),
    library("TendonJSON", ["TendonModel"]),
    .target(name: "CLinux"),
    library("TendonLinux", ["TendonModel", "CLinux", .systemPackage]),
    .systemLibrary(
      name: "CSeccomp", pkgConfig: "libseccomp", providers: [.apt(["libseccomp-dev"])]),
    library("TendonSeccomp", ["TendonModel", "CSeccomp"]),
    .target(name: "CSystemd", linkerSettings: [.linkedLibrary("systemd")]),
    library("TendonSystemd", ["CSystemd", .logging]),
    library("TendonStore", ["TendonModel", .grdb]),
    library(
      "TendonClient", ["TendonModel", .asyncHTTPClient, .nioCore, .nioHTTP1, .nioPosix]),
    library(
      "TendonAgent",
      [
        "TendonModel", "TendonCore", "TendonLinux", "TendonClient", "TendonDatagram", "TendonJSON",
        "CLinux", "TendonSeccomp", "TendonSystemd", .nioCore, .nioPosix, .logging,
        .serviceLifecycle, .systemPackage, .unixSignals,
      ]),
    .target(
      name: "TendonCoordinator",
      dependencies: [
        "TendonModel", "TendonCore", "TendonSpec", "TendonStore", "TendonDatagram", "TendonJSON",
        "TendonLinux", "TendonSystemd", .hummingbird, .hummingbirdCore, .nioCore, .nioPosix,
        .logging, .serviceLifecycle, .crypto,
      ],
      resources: ["html", "css", "js"].map { .embedInCode("Dashboard/dashboard.\($0)") },
      swiftSettings: settings),
    library("TendonSimulation", ["TendonModel", "TendonCore", "TendonDatagram"]),
    program("tendon-simulate", ["TendonSimulation", .argumentParser]),
    library("TendonLab", ["TendonModel", "CLinux", .systemPackage]),
    library("TendonLabClient", ["TendonModel", "TendonLab", "TendonClient"]),
    program("tendon", ["TendonModel", "TendonSpec", "TendonClient", .argumentParser, .yams]),
    program(
      "tendon-agent",
      ["TendonModel", "TendonClient", "TendonAgent", .argumentParser, .logging]),
    program(
      "tendon-coordinator", ["TendonCoordinator", "TendonSystemd", .argumentParser, .logging]),
    program(
      "tendon-bench",
      [
        "TendonModel", "TendonCore", "TendonDatagram", "TendonCoordinator", "TendonAgent",
        "TendonLinux", "TendonClient", "TendonSpec", "TendonStore", "TendonLab", "TendonLabClient",
        "CLinux", .argumentParser,
        .logging, .nioCore, .nioPosix, .systemPackage,
      ], path: "Benchmarks/Sources"),
    program("tendon-lab", ["TendonLab", .argumentParser]),
    .executableTarget(
      name: "tendon-website",
      dependencies: [.nioCore, .nioPosix, .nioHTTP1, .argumentParser], path: "examples/website",
      exclude: ["static.yaml", "dynamic.yaml"], sources: ["Sources"],
      resources: [.embedInCode("site/index.html"), .embedInCode("site/style.css")],
      swiftSettings: settings),
    program(
      "tendon-demo",
      [
        "TendonModel", "TendonSpec", "TendonClient", "TendonLab", "TendonLabClient",
        .argumentParser,
        .systemPackage,
      ], path: "examples/demo/Sources"),
  ] + allTests
)
