// SPDX-License-Identifier: Apache-2.0

/// Where an instance's output goes and how much of it is kept.
///
/// Its key `logs` stands at the top level of a spec, beside those of `ServiceSpec` itself. A key that is absent means
/// its default, so that what an older version stored can be read.
package struct LogSettings: Hashable, Sendable {
  package enum Target: String, Hashable, Sendable, Codable, CaseIterable {
    /// Straight into files on the host.
    case files
    /// Into the host's systemd journal, which then decides how much is kept.
    case journald
  }

  package static let defaultMaxSize = Bytes.mebibytes(64)
  package static let smallestMaxSize = Bytes(256 << 10)
  package static let largestMaxSize = Bytes(1 << 40)
  package static let keepRange = 1...100

  package var target: Target
  /// The most disk space that all of an instance's output takes on one host: both streams, all placements that are
  /// kept. The oldest output goes first.
  package var maxSize: Bytes
  /// Of how many placements of an instance on one host the output is kept.
  package var keep: Int

  package init(
    target: Target = .files, maxSize: Bytes = defaultMaxSize, keep: Int = 3
  ) {
    self.target = target
    self.maxSize = maxSize
    self.keep = keep
  }

  /// Whether going from `other` to this needs new processes: they hold on to what they write to.
  package func needsNewProcesses(comparedTo other: LogSettings) -> Bool { target != other.target }

  /// Everything that makes this impossible, whoever asks; empty when it is fine.
  package var faults: [SpecFault] {
    var faults: [SpecFault] = []
    if maxSize < Self.smallestMaxSize || maxSize > Self.largestMaxSize {
      faults.append(
        SpecFault(
          ["logs", "max_size"],
          "\(maxSize) is outside \(Self.smallestMaxSize) to \(Self.largestMaxSize)"))
    }
    if !Self.keepRange.contains(keep) {
      faults.append(
        SpecFault(
          ["logs", "keep"],
          "\(keep) is outside \(Self.keepRange.lowerBound) to \(Self.keepRange.upperBound)"))
    }
    return faults
  }
}

extension LogSettings: Codable {
  private enum SpecKeys: String, CodingKey { case logs }

  private enum CodingKeys: String, CodingKey {
    case target = "to"
    case maxSize = "max_size"
    case keep
  }

  package init(from decoder: any Decoder) throws {
    self.init()
    let spec = try decoder.container(keyedBy: SpecKeys.self)
    guard spec.contains(.logs) else { return }
    let values = try spec.nestedContainer(keyedBy: CodingKeys.self, forKey: .logs)
    target = try values.decodeIfPresent(Target.self, forKey: .target) ?? target
    maxSize = try values.decodeIfPresent(Bytes.self, forKey: .maxSize) ?? maxSize
    keep = try values.decodeIfPresent(Int.self, forKey: .keep) ?? keep
  }

  package func encode(to encoder: any Encoder) throws {
    var spec = encoder.container(keyedBy: SpecKeys.self)
    guard self != LogSettings() else { return }
    var values = spec.nestedContainer(keyedBy: CodingKeys.self, forKey: .logs)
    try values.encode(target, forKey: .target)
    try values.encode(maxSize, forKey: .maxSize)
    try values.encode(keep, forKey: .keep)
  }
}
