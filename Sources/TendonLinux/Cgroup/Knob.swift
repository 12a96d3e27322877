// SPDX-License-Identifier: Apache-2.0
package import TendonModel

/// One cgroup file and what a set of resources wants in it.
package struct Knob: Hashable, Sendable {
  /// How the kernel's answer is held against what was written.
  package enum Comparison: Hashable, Sendable {
    /// Word by word.
    case text
    /// Bytes, which the kernel rounds down to whole pages of `size`, or `max`.
    case pages(size: Int64)
    /// The line of one device in `io.max`.
    case device(BlockDevice)
    /// The `default` line of `io.weight`.
    case defaultLine
    /// Whatever the kernel says is fine: nothing was asked for.
    case any
  }

  package let controller: Controller
  /// The file's name: `cpu.max`.
  package let file: String
  /// What tells it from other knobs of the same file: a device.
  package let detail: String?
  /// What the spec asks for, in its words.
  package let requested: String
  /// The text to write; nil when nothing can be, for the reason in `note`.
  package let wanted: String?
  /// Whether the kernel does the same without the file, and in a fresh cgroup.
  package let isKernelDefault: Bool
  package let comparison: Comparison
  /// What an operator should know even when all is as asked.
  package let note: String?

  init(
    _ controller: Controller, _ file: String, detail: String? = nil, requested: String,
    wanted: String?, isKernelDefault: Bool = false, comparison: Comparison = .text,
    note: String? = nil
  ) {
    self.controller = controller
    self.file = file
    self.detail = detail
    self.requested = requested
    self.wanted = wanted
    self.isKernelDefault = isKernelDefault
    self.comparison = comparison
    self.note = note
  }

  /// What it is called in reports, each once: `cpu.max`, `io.max 8:16`.
  package var name: String { detail.map { "\(file) \($0)" } ?? file }

  /// Every knob of `resources`, in the order in which people read them.
  /// - Parameter previous: what was in force before; a setting that only it has is put back to the default.
  /// - Parameter held: lines of `io.max` that are there, where `previous` is not known.
  package static func all(
    for resources: Resources, previous: Resources? = nil, storage: InstanceStorage,
    cores: CoreGrant = .shared, leaf: String? = nil, held: String = ""
  ) -> [Knob] {
    CPUController.knobs(for: resources.cpu)
      + CpusetController.knobs(for: cores)
      + MemoryController.knobs(for: resources.memory)
      + IOController(storage: storage, leaf: leaf, held: held)
      .knobs(for: resources.io, previous: previous?.io)
      + PidsController.knobs(for: resources.pids)
      + HugetlbController.knobs(for: resources.hugepages, previous: previous?.hugepages)
  }

  /// Every knob of a service's own cgroup; `previous` and `held` as for a placement.
  package static func all(
    for share: SliceShare, previous: SliceShare? = nil, storage: InstanceStorage,
    slice: String? = nil, held: String = ""
  ) -> [Knob] {
    CPUController.knobs(for: share) + MemoryController.knobs(for: share)
      + IOController(storage: storage, leaf: slice, held: held)
      .knobs(for: share.limits.io, previous: previous?.limits.io)
      + PidsController.knobs(for: share.limits.pids)
  }
}

/// Whether a file holds what a knob wants.
enum Agreement: Hashable {
  case same
  /// As near as the kernel can hold it, and why.
  case rounded(String)
  case different

  var isInForce: Bool { self != .different }
}

extension Knob {
  /// Compares what the kernel says with what is wanted.
  func agreement(with readBack: String) -> Agreement {
    guard let wanted else { return comparison == .any ? .same : .different }
    // The usual case; what follows is about the other ways to say the same.
    if wanted == readBack { return .same }
    switch comparison {
    case .any: return .same
    case .text:
      return wanted.split(separator: " ") == readBack.split(separator: " ") ? .same : .different
    case .pages(let size): return Self.pages(of: size, wanted, readBack)
    case .defaultLine:
      return readBack.split(separator: "\n").contains(Substring(wanted)) ? .same : .different
    case .device(let device): return Self.device(device, wanted, readBack)
    }
  }

  private static func pages(of size: Int64, _ wanted: String, _ readBack: String) -> Agreement {
    guard let asked = Int64(wanted), let held = Int64(readBack), held == asked - asked % size
    else { return .different }
    return .rounded(
      "the kernel rounds down to pages of \(size) bytes: \(asked - held) bytes less")
  }

  private static func device(
    _ device: BlockDevice, _ wanted: String, _ readBack: String
  ) -> Agreement {
    // A line that can't be read does not hold what is wanted; the report shows it as it is.
    guard let asked = try? KeyedText.nested(wanted, path: "")["\(device)"],
      let lines = try? KeyedText.nested(readBack, path: "")
    else { return .different }
    // The kernel leaves out a device without limits.
    let held = lines["\(device)"] ?? [:]
    return asked.allSatisfy { held[$0.key] ?? "max" == $0.value } ? .same : .different
  }
}
