// SPDX-License-Identifier: Apache-2.0

import TendonModel

extension SpecShape {
  /// The keys of `LogSettings`.
  static let logs: [Field] = [
    Field(
      "logs", "Where output goes, and how much of it is kept.",
      .object(
        [
          Field(
            "to", "files on the host, or journald: the host's systemd journal.",
            byDefault: .string(LogSettings.Target.files.rawValue),
            .word(LogSettings.Target.allCases.map(\.rawValue))),
          Field(
            "max_size",
            "The most disk space that an instance's output takes on one host; the oldest goes first.",
            byDefault: .string(LogSettings.defaultMaxSize.description), quantity(Bytes.self)),
          Field(
            "keep", "Of how many placements of an instance on one host output is kept.",
            byDefault: .number(LogSettings().keep), .integer(LogSettings.keepRange)),
        ], hint: "write {to: files, max_size: 64Mi, keep: 3}"))
  ]
}
