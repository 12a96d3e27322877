// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonLinux
import TendonModel

/// Cores that change hands. Whoever gives gives first: no core is ever in two places.
///
/// A service without exclusive cores shares by its own cgroup, one file for all of its instances. One with some leaves its
/// own cgroup open, and its other instances share by theirs.
extension InstanceLimits {
  /// Why a placement that asked for cores of its own has none; nil when it has, or did not ask.
  static func refusalOfCores(in reports: [KnobReport]) -> String? {
    reports.first { $0.knob == "cpuset.cpus" && !$0.isInForce }.map {
      $0.note ?? "the kernel holds other cores than those asked for"
    }
  }

  /// What a placement is to run on, with everybody else out of its way.
  func grantCores(_ count: Int?, to epoch: Epoch, _ state: inout State) -> CoreGrant {
    guard let count else {
      if state.cores.held[epoch] != nil {
        let faults = releaseCores(of: epoch, &state)
        if let fault = faults.first { return .refused(count: 0, reason: fault) }
      }
      return joinOthers(epoch, state)
    }
    let before = state.cores
    do {
      let list = try state.cores.assign(count, to: epoch)
      let isLess = list.cpus.count < before.held[epoch]?.cpus.count ?? 0
      guard let leaf = state.leaves[epoch] else { return .exclusive(list) }
      if isLess { try CpusetController.give(list, to: leaf.path) }
      if state.cores != before { try divide(state) }
      if !isLess { try CpusetController.give(list, to: leaf.path) }
      return .exclusive(list)
    } catch {
      let reason = "\(error)"
      state.cores = before
      // As they were; what fails here failed just now, and is told.
      try? divide(state)
      return .refused(count: count, reason: reason)
    }
  }

  /// As `grantCores` left it.
  func currentGrant(_ count: Int?, of epoch: Epoch, _ state: State) -> CoreGrant {
    guard let count else { return shared(by: epoch, state) }
    if let list = state.cores.held[epoch] { return .exclusive(list) }
    return .refused(
      count: count,
      reason: state.cores.all.isEmpty
        ? CorePool.Refusal.noCpuset.description : "no cores could be given to it")
  }

  /// - Returns: what went wrong, in words.
  func releaseCores(of epoch: Epoch, _ state: inout State) -> [String] {
    guard state.cores.held[epoch] != nil else { return [] }
    let before = state.cores
    state.cores.release(epoch)
    do throws(KernelFileError) {
      if let leaf = state.leaves[epoch] {
        try CpusetController.give(state.cores.shared, to: leaf.path)
      }
      try divide(state)
      return []
    } catch {
      // Nobody else gets them as long as somebody may still run on them.
      state.cores = before
      if state.leaves[epoch] == nil { state.cores.release(epoch) }
      return ["its cores could not be handed back to the others: \(error)"]
    }
  }

  /// Keeps a placement without cores of its own off those of others: its service may be new here.
  private func joinOthers(_ epoch: Epoch, _ state: State) -> CoreGrant {
    let grant = shared(by: epoch, state)
    guard grant == .shared, state.cores.isDivided, let leaf = state.leaves[epoch] else {
      return grant
    }
    do throws(KernelFileError) {
      try CpusetController.give(
        state.cores.shared, to: tree.slice(of: leaf.instance.service))
      return grant
    } catch {
      return .refused(count: 0, reason: "it would run on others' cores: \(error)")
    }
  }

  private func shared(by epoch: Epoch, _ state: State) -> CoreGrant {
    guard let service = state.shares.service(of: epoch), isMixed(service, state) else {
      return .shared
    }
    return .sharing(state.cores.shared)
  }

  private func isMixed(_ service: ServiceName, _ state: State) -> Bool {
    state.cores.held.keys.contains { state.shares.service(of: $0) == service }
  }

  /// Writes who shares what. Mixed services first restrict their instances, then open their own cgroup.
  private func divide(_ state: State) throws(KernelFileError) {
    guard !state.cores.all.isEmpty else { return }
    // All of them when nobody has some for itself.
    let (all, shared) = (state.cores.all, state.cores.shared)
    let mixed = Set(state.cores.held.keys.compactMap { state.shares.service(of: $0) })
    for (epoch, leaf) in state.leaves where state.cores.held[epoch] == nil {
      if mixed.contains(leaf.instance.service) {
        try CpusetController.give(shared, to: leaf.path)
      }
    }
    for service in state.shares.services {
      try CpusetController.give(
        mixed.contains(service) ? all : shared, to: tree.slice(of: service))
    }
    // A service that is mixed no more shares by its own cgroup again.
    for (epoch, leaf) in state.leaves
    where state.cores.held[epoch] == nil && !mixed.contains(leaf.instance.service) {
      try CpusetController.widen(leaf.path, to: all)
    }
  }
}
