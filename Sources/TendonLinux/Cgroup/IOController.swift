// SPDX-License-Identifier: Apache-2.0
import TendonModel

/// `io.max` from the rates, for the disk behind the instances' storage; `io.weight` from the weight.
package enum IOController {
  static let defaultWeight = 100

  static func knobs(
    for io: IOResources, previous: IOResources?, storage: InstanceStorage
  ) -> [Knob] {
    [rates(for: io, storage: storage), weight(for: io.weight, previous: previous?.weight)]
      .compactMap { $0 }
  }

  private static func rates(for io: IOResources, storage: InstanceStorage) -> Knob? {
    let requested = "read \(io.read), write \(io.write)"
    let isUnlimited = io.read == .max && io.write == .max
    switch storage {
    case .disk(let device):
      return Knob(
        .io, "io.max", requested: requested,
        wanted: "\(device) rbps=\(text(io.read)) wbps=\(text(io.write))",
        isKernelDefault: isUnlimited, comparison: .device(device))
    case .none(let reason):
      // Nothing was asked for, so there is nothing to tell.
      if isUnlimited { return nil }
      return Knob(.io, "io.max", requested: requested, wanted: nil, note: reason)
    }
  }

  private static func weight(for weight: Int?, previous: Int?) -> Knob? {
    if weight == nil, previous == nil { return nil }
    return Knob(
      .io, "io.weight", requested: weight.map { "weight \($0)" } ?? "no weight",
      wanted: "default \(weight ?? defaultWeight)", isKernelDefault: weight == nil,
      comparison: .defaultLine)
  }

  private static func text(_ rate: Limit<ByteRate>) -> String {
    rate.value.map { String($0.rawValue) } ?? "max"
  }

  static func use(
    of knob: Knob, at leaf: String
  ) throws(KernelFileError) -> String? {
    guard case .device(let device) = knob.comparison else { return nil }
    let path = leaf + "/io.stat"
    guard let text = try KernelFile.read(path) else { return nil }
    // No line means that nothing was read from or written to the device.
    let values = try KeyedText.nested(text, path: path)["\(device)"] ?? [:]
    let read = try bytes("rbytes", of: values, path: path)
    let written = try bytes("wbytes", of: values, path: path)
    return "\(ShortText.bytes(read)) read, \(ShortText.bytes(written)) written"
  }

  private static func bytes(
    _ key: Substring, of values: [Substring: Substring], path: String
  ) throws(KernelFileError) -> UInt64 {
    guard let text = values[key] else { return 0 }
    return try KeyedText.number(String(text), path: path)
  }
}
