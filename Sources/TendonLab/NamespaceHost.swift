// SPDX-License-Identifier: Apache-2.0
import SystemPackage

/// A host made of namespaces and a delegated cgroup on the machine's own kernel.
struct NamespaceHost {
  let state: LabState
  let host: LabState.Host
  let paths: HostPaths
  let network: LabNetwork

  func prepare() throws(LabError) {
    throw .refused("the netns driver is not there yet; use --driver uml")
  }

  func boot() throws(LabError) -> ProcessRecord {
    throw .refused("the netns driver is not there yet; use --driver uml")
  }

  static func killAll(_ state: LabState, _ host: LabState.Host) throws(LabError) {}
  static func setFrozen(
    _ state: LabState, _ host: LabState.Host, _ frozen: Bool
  ) throws(LabError) {}
  static func removeAll(_ state: LabState) throws(LabError) {}
}
