// SPDX-License-Identifier: Apache-2.0
package import TendonModel

/// One cgroup file and what a set of resources wants in it.
package struct Knob: Hashable, Sendable {
  /// How the kernel's answer is held against what was written.
  package enum Comparison: Hashable, Sendable {
    /// Word by word.
    case text
    /// Bytes, which the kernel rounds down to whole pages, or `max`.
    case pages
    /// The line of one device in `io.max`.
    case device(BlockDevice)
    /// The `default` line of `io.weight`.
    case defaultLine
  }

  package let controller: Controller
  /// The file's name: `cpu.max`.
  package let file: String
  /// What the spec asks for, in its words.
  package let requested: String
  /// The text to write; nil when nothing can be, for the reason in `note`.
  package let wanted: String?
  /// Whether the kernel does the same without the file.
  package let isKernelDefault: Bool
  package let comparison: Comparison
  /// What an operator should know even when all is as asked.
  package let note: String?

  init(
    _ controller: Controller, _ file: String, requested: String, wanted: String?,
    isKernelDefault: Bool = false, comparison: Comparison = .text, note: String? = nil
  ) {
    self.controller = controller
    self.file = file
    self.requested = requested
    self.wanted = wanted
    self.isKernelDefault = isKernelDefault
    self.comparison = comparison
    self.note = note
  }

  /// Every knob of `resources`, in the order in which people read them.
  /// - Parameter previous: what was in force before; a setting that only it has is put back to the default.
  package static func all(
    for resources: Resources, previous: Resources? = nil, storage: InstanceStorage
  ) -> [Knob] {
    CPUController.knobs(for: resources.cpu) + MemoryController.knobs(for: resources.memory)
      + IOController.knobs(for: resources.io, previous: previous?.io, storage: storage)
      + PidsController.knobs(for: resources.pids)
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
    guard let wanted else { return .different }
    // The usual case; what follows is about the other ways to say the same.
    if wanted == readBack { return .same }
    switch comparison {
    case .text:
      return wanted.split(separator: " ") == readBack.split(separator: " ") ? .same : .different
    case .pages: return Self.pages(wanted, readBack)
    case .defaultLine:
      return readBack.split(separator: "\n").contains(Substring(wanted)) ? .same : .different
    case .device(let device): return Self.device(device, wanted, readBack)
    }
  }

  private static func pages(_ wanted: String, _ readBack: String) -> Agreement {
    if wanted == readBack { return .same }
    guard let asked = Int64(wanted), let held = Int64(readBack),
      held == asked - asked % PageSize.bytes
    else { return .different }
    return .rounded(
      "the kernel rounds down to pages of \(PageSize.bytes) bytes: \(asked - held) bytes less")
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
