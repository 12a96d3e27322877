// SPDX-License-Identifier: Apache-2.0
import TendonModel

/// Whether the replicas that specs ask for run and are ready, judged from the instances that a watch shows.
struct Readiness {
  private let specs: [ServiceSpec]
  /// Copies of versions before, which do not count: an instance that has a process to replace runs a copy
  /// of a higher epoch afterwards.
  private let replaced: [InstanceID: Epoch]
  private var instances: [InstanceID: InstanceView] = [:]
  /// Before this, an instance that was not shown may be there all the same.
  private var isSynced = false

  init(_ specs: [ServiceSpec], replacing replaced: [InstanceID: Epoch] = [:]) {
    self.specs = specs
    self.replaced = replaced
  }

  mutating func take(_ line: WatchLine<InstanceView>) {
    switch line {
    case .put(let view): instances[view.id] = view
    case .removed(let name): instances = instances.filter { $0.key.description != name }
    case .synced: isSynced = true
    }
  }

  /// Everything wanted runs, and nothing else of these services does.
  var isReached: Bool { isSynced && missing.isEmpty }

  /// What is not as wanted, one text for each instance, in the order of their names.
  var missing: [String] {
    specs.flatMap { spec in
      // What was on a host that is down cannot be seen to end, and is not waited for.
      let surplus = instances.values.filter {
        $0.id.service == spec.name && $0.id.slot >= spec.replicas && $0.state != .lost
      }
      return (0..<spec.replicas).compactMap { fault(in: spec, slot: $0) }
        + surplus.map(\.id).sorted().map { "\($0) is not wanted any more, and is still there" }
    }
  }

  private func fault(in spec: ServiceSpec, slot: Int) -> String? {
    let id = InstanceID(service: spec.name, slot: slot)
    guard let view = instances[id] else { return "\(id) is not placed yet" }
    let isDone =
      view.isReady
      // What ended well and is not to be started again has done its work.
      || view.state == .ended && spec.restart != .always
        && view.status?.lastExit?.status.isSuccess ?? false
    guard isDone else {
      return "\(id) is \(view.state.rawValue)\(view.message.isEmpty ? "" : ": \(view.message)")"
    }
    if let old = replaced[id], view.epoch.map({ $0 <= old }) ?? true {
      return "\(id) still runs the version before"
    }
    return nil
  }
}
