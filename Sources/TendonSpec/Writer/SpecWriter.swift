// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// Writes specs as YAML.
package enum SpecWriter {
  /// The spec in its canonical form: keys in one order, what holds by default spelled out where it
  /// matters (replicas, CPU, memory, restart, stop_grace) and left out where it means "nothing".
  /// `SpecParser` reads an equal spec from it.
  package static func yaml(_ spec: ServiceSpec) -> String {
    var lines = ["name: \(scalar(spec.name.rawValue))", "command:"]
    lines += spec.command.map { "  - \(scalar($0))" }
    lines += map("env", spec.env)
    if let workdir = spec.workdir { lines.append("workdir: \(scalar(workdir))") }
    if let user = spec.user { lines.append("user: \(scalar(user))") }
    lines.append("replicas: \(spec.replicas)")
    if !spec.ports.isEmpty {
      lines.append("ports:")
      lines += spec.ports.map { port in
        "  \(scalar(port.name)): \(port.fixed.map(String.init) ?? "auto")"
      }
    }
    lines += self.lines(spec.resources)
    lines.append("restart: \(spec.restart.rawValue)")
    lines.append("stop_grace: \(spec.stopGrace)")
    if spec.fence { lines.append("fence: true") }
    if let budget = spec.budget { lines.append("disruption: {\(budget.description)}") }
    lines += map("labels", spec.labels)
    lines += self.lines(spec.placement, priority: spec.priority)
    lines += self.lines(spec.workload) + self.lines(spec.supervision) + self.lines(spec.sandbox)
    lines += self.lines(spec.logs)
    return lines.joined(separator: "\n") + "\n"
  }

  static func map(_ key: String, _ values: [String: String]) -> [String] {
    if values.isEmpty { return [] }
    let sorted = values.sorted { $0.key < $1.key }
    return ["\(key):"] + sorted.map { "  \(scalar($0.key)): \(scalar($0.value))" }
  }

  /// A text without quotes where every reader takes it for just that text, else in double quotes.
  static func scalar(_ text: String) -> String {
    guard let first = text.utf8.first, PlainScalar.kind(of: text) == .text else {
      return JSONText.quoted(text)
    }
    let isPlain =
      (isLetter(first) || first == UInt8(ascii: "/"))
      && text.utf8.allSatisfy {
        isLetter($0) || (48...57).contains($0) || "/._-".utf8.contains($0)
      }
    return isPlain ? text : JSONText.quoted(text)
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    default: false
    }
  }
}
