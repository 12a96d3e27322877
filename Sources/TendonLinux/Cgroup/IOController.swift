// SPDX-License-Identifier: Apache-2.0
import TendonModel

/// `io.max` from the rates, a line for the disk behind the instances' storage and one for each other device;
/// `io.weight` (or BFQ's) from the weight.
struct IOController {
  static let defaultWeight = 100
  private static let file = "io.max"

  let storage: InstanceStorage
  /// The cgroup, to see which weight the kernel has; nil takes `io.weight`.
  let leaf: String?
  /// The text of `io.max`; devices that only it has are freed.
  let held: String
  /// Where sysfs is mounted.
  var sys = "/sys"

  func knobs(for io: IOResources, previous: IOResources?) -> [Knob] {
    var lines: [BlockDevice: (name: String, rates: IORates)] = [:]
    var knobs: [Knob] = []
    for (name, rates) in io.devices.sorted(by: { $0.key < $1.key }) {
      switch InstanceStorage.named(name, sys: sys) {
      case .disk(let device):
        let known = lines[device]
        lines[device] = (
          known.map { "\($0.name), \(name)" } ?? name, known?.rates.lowered(by: rates) ?? rates
        )
      case .none(let reason):
        knobs.append(
          Knob(.io, Self.file, detail: name, requested: "\(rates)", wanted: nil, note: reason))
      }
    }
    for device in former(previous) where lines[device] == nil {
      lines[device] = ("no limit any more", IORates())
    }
    if case .disk(let own) = storage {
      let named = lines.removeValue(forKey: own)
      let rates = named.map { io.rates.lowered(by: $0.rates) } ?? io.rates
      knobs.insert(Self.knob(own, rates, detail: nil, requested: "\(rates)"), at: 0)
    } else if case .none(let reason) = storage, !io.rates.isUnlimited {
      knobs.insert(
        Knob(.io, Self.file, requested: "\(io.rates)", wanted: nil, note: reason), at: 0)
    }
    knobs += lines.sorted { $0.key.description < $1.key.description }.map { device, line in
      Self.knob(
        device, line.rates, detail: "\(device)", requested: "\(line.name): \(line.rates)")
    }
    return knobs + [weight(for: io.weight, previous: previous?.weight)].compactMap { $0 }
  }

  /// Devices that had limits.
  private func former(_ previous: IOResources?) -> [BlockDevice] {
    let named = (previous?.devices.keys).map(Array.init) ?? []
    let known = named.compactMap { name -> BlockDevice? in
      if case .disk(let device) = InstanceStorage.named(name, sys: sys) { device } else { nil }
    }
    return known
      + held.split(separator: "\n").compactMap { line in
        line.split(separator: " ").first.flatMap { BlockDevice(String($0)) }
      }
  }

  private static func knob(
    _ device: BlockDevice, _ rates: IORates, detail: String?, requested: String
  ) -> Knob {
    func text<Value>(_ limit: Limit<Value>, _ number: (Value) -> Int64) -> String {
      limit.value.map { String(number($0)) } ?? "max"
    }
    let line =
      "\(device) rbps=\(text(rates.read, \.rawValue)) wbps=\(text(rates.write, \.rawValue)) "
      + "riops=\(text(rates.readOps) { Int64($0) }) wiops=\(text(rates.writeOps) { Int64($0) })"
    return Knob(
      .io, file, detail: detail, requested: requested, wanted: line,
      isKernelDefault: rates.isUnlimited, comparison: .device(device))
  }

  private func weight(for weight: Int?, previous: Int?) -> Knob? {
    if weight == nil, previous == nil { return nil }
    // Kernels with BFQ and without io.cost have only the former's file, which ends at 1,000.
    let isBFQ =
      leaf.map {
        !KernelFile.exists($0 + "/io.weight") && KernelFile.exists($0 + "/io.bfq.weight")
      } ?? false
    let number = weight ?? Self.defaultWeight
    return Knob(
      .io, isBFQ ? "io.bfq.weight" : "io.weight",
      requested: weight.map { "weight \($0)" } ?? "no weight",
      wanted: "default \(isBFQ ? min(number, 1000) : number)", isKernelDefault: weight == nil,
      comparison: .defaultLine,
      note: isBFQ && number > 1000
        ? "lowered to 1000, the most that BFQ takes" : isBFQ ? nil : costNote)
  }

  /// Why a weight does nothing: io.cost has to be switched on, device by device, in the root cgroup. nil where that is
  /// so, or can't be seen (in a container).
  private var costNote: String? {
    guard case .disk(let device) = storage, var folder = leaf else { return nil }
    while let slash = folder.lastIndex(of: "/"), slash > folder.startIndex {
      folder = String(folder[..<slash])
      let file = folder + "/io.cost.qos"
      // A file that can't be read or understood tells nothing about the device.
      guard let text = (try? KernelFile.read(file)).flatMap({ $0 }) else { continue }
      let lines = (try? KeyedText.nested(text, path: file)) ?? [:]
      if lines["\(device)"]?["enable"] == "1" { return nil }
      return "without effect until io.cost is on: echo \"\(device) enable=1\" > \(file)"
    }
    return nil
  }

  static func use(
    of knob: Knob, at leaf: String
  ) throws(KernelFileError) -> String? {
    guard case .device(let device) = knob.comparison else { return nil }
    let path = leaf + "/io.stat"
    guard let text = try KernelFile.read(path) else { return nil }
    // No line means that nothing was read from or written to the device.
    let values = try KeyedText.nested(text, path: path)["\(device)"] ?? [:]
    let read = try number("rbytes", of: values, path: path)
    let written = try number("wbytes", of: values, path: path)
    let amounts = "\(ShortText.bytes(read)) read, \(ShortText.bytes(written)) written"
    guard knob.requested.contains("iops") else { return amounts }
    let reads = try number("rios", of: values, path: path)
    let writes = try number("wios", of: values, path: path)
    return amounts + " in \(reads) and \(writes) operations"
  }

  private static func number(
    _ key: Substring, of values: [Substring: Substring], path: String
  ) throws(KernelFileError) -> UInt64 {
    guard let text = values[key] else { return 0 }
    return try KeyedText.number(String(text), path: path)
  }
}
