// SPDX-License-Identifier: Apache-2.0
import TendonModel

/// Limits of an instance, knob by knob.
enum KnobTable {
  static func text(_ knobs: [KnobReport], hasColours: Bool) -> String {
    var table = Table("KNOB", "SPEC", "WRITTEN", "KERNEL", "USE", "NOTE")
    return table.text(knobs.map(row), hasColours: hasColours)
  }

  private static func row(_ knob: KnobReport) -> [Cell] {
    [
      Cell(knob.knob), Cell(knob.requested), Cell(trimmed(knob.written)),
      Cell(trimmed(knob.readBack), knob.isInForce ? .good : .bad), Cell(trimmed(knob.use)),
      Cell(knob.note ?? (knob.isInForce ? "" : "not in force"), knob.isInForce ? .plain : .bad),
    ]
  }

  /// The kernel ends its files with a line feed.
  private static func trimmed(_ text: String?) -> String {
    (text ?? "").trimmed(of: \.isWhitespace)
  }
}
