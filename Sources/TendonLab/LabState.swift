// SPDX-License-Identifier: Apache-2.0
import SystemPackage

/// What is written down about a lab, before it is done where the order matters: `lab.json`.
struct LabState: Codable, Sendable {
  /// How far `up` has come.
  enum Phase: String, Codable, Sendable {
    case starting, up, ending
  }

  struct Coordinator: Codable, Sendable {
    var process: ProcessRecord?
    var frozen = false
  }

  struct Host: Codable, Sendable {
    var name: String
    /// 1, 2, ...; the address is 10.213.SUBNET.(10 + number).
    var number: Int
    var process: ProcessRecord?
    var frozen = false
    var cut: LabCut?
    /// Percent of packets dropped in each direction.
    var loss = 0
    /// By how many seconds its wall clock was set on (or back, below zero) since it booted; nil: it was not.
    var clockStep: Int?
  }

  var version = 1
  var name: String
  var phase: Phase
  /// The process that the lab ends with, or that is still building it.
  var owner: ProcessRecord?
  var driver: LabDriver
  var systemd: Bool
  /// The X of 10.213.X.0/24, once one is taken.
  var subnet: Int?
  var binaries: String
  var hostMemoryBytes: UInt64
  var hostDiskBytes: UInt64
  /// The folder UML keeps the hosts' memory in.
  var memoryFolder: String
  var runsAgents: Bool
  var agentArguments: [String]
  var coordinatorArguments: [String]
  /// Size of the coordinator's own disk; nil: it writes into the lab's folder.
  var coordinatorDiskBytes: UInt64?
  var sharedFolders: [String]
  var bootTimeoutSeconds: Int64
  var coordinator: Coordinator?
  var hosts: [Host]

  var namespace: String { "tendon-\(name)" }

  /// Every session of processes that was started for this lab.
  var processes: [ProcessRecord] {
    hosts.compactMap(\.process) + (coordinator?.process.map { [$0] } ?? [])
  }

  func index(of host: String) throws(LabError) -> Int {
    guard let index = hosts.firstIndex(where: { $0.name == host }) else {
      throw .noSuchHost(host, known: hosts.map(\.name))
    }
    return index
  }

  /// Whether nobody has a use for this lab any more: its owner or everything in it is gone.
  func isDead() throws(LabError) -> Bool {
    if let owner { return try !owner.leaderIsAlive() }
    for process in processes where try !process.members().isEmpty { return false }
    return true
  }
}
