// SPDX-License-Identifier: Apache-2.0

/// Amounts of what hosts have besides CPU, memory and cores, by name. A host gives out no more than it says it has; of
/// what it does not name it gives out any amount, except devices, of which it then has none.
///
/// `instances` counts instances, `pids` processes (`resources.pids`), `disk` bytes (`resources.disk`), `io-read` and
/// `io-write` bytes per second and `io-read-ops` and `io-write-ops` operations per second of the device behind instances'
/// storage (`resources.io`). Every other name is a kind of device, such as `gpu` (`resources.devices`).
package struct Countables: Hashable, Sendable {
  package static let instances = "instances"
  package static let known = [
    instances, "pids", "disk", "io-read", "io-write", "io-read-ops", "io-write-ops",
  ]

  package private(set) var amounts: [String: Int64]

  package init(_ amounts: [String: Int64] = [:]) { self.amounts = amounts }

  package var isEmpty: Bool { amounts.isEmpty }
  package var sorted: [(name: String, amount: Int64)] {
    amounts.map { ($0.key, $0.value) }.sorted { $0.name < $1.name }
  }

  /// 0 for what is not named.
  package subscript(name: String) -> Int64 {
    get { amounts[name] ?? 0 }
    set { amounts[name] = newValue }
  }

  package func names(_ name: String) -> Bool { amounts[name] != nil }

  package static func isDevice(_ name: String) -> Bool { !known.contains(name) }

  /// What one instance takes of them.
  package init(of resources: Resources) {
    amounts = [Self.instances: 1]
    func add(_ name: String, _ amount: Int64?) {
      if let amount { amounts[name] = amount }
    }
    add("pids", resources.pids.value.map(Int64.init))
    add("disk", resources.disk.value?.rawValue)
    add("io-read", resources.io.read.value?.rawValue)
    add("io-write", resources.io.write.value?.rawValue)
    add("io-read-ops", resources.io.readOps.value.map(Int64.init))
    add("io-write-ops", resources.io.writeOps.value.map(Int64.init))
    for (device, count) in resources.devices { amounts[device] = Int64(count) }
  }

  /// An amount as people write it: `10Gi` of disk, `3` of a device.
  package static func text(_ amount: Int64, of name: String) -> String {
    switch name {
    case "disk": Bytes(amount).rounded.description
    case "io-read", "io-write": ByteRate(amount).description
    default: String(amount)
    }
  }

  package static let expected =
    "a capacity: NAME=AMOUNT, where the name is one of \(known.joined(separator: ", ")), or a device's, such as gpu=2"

  /// Takes one in from `NAME=AMOUNT`.
  package mutating func set(_ text: String) throws(QuantityError) {
    let wrong = QuantityError(text: text, expected: Self.expected)
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, Self.isName(String(parts[0])) else { throw wrong }
    let (name, value) = (String(parts[0]), String(parts[1]))
    switch name {
    case "disk": amounts[name] = try Bytes(value).rawValue
    case "io-read", "io-write": amounts[name] = try ByteRate(value).rawValue
    default:
      guard let count = Int64(value), (0...1_000_000_000).contains(count) else { throw wrong }
      amounts[name] = count
    }
  }

  /// Whether a text can name a device.
  package static func isName(_ text: String) -> Bool { NameRules.fault(in: text) == nil }
}

extension Countables: Codable {
  package init(from decoder: any Decoder) throws {
    amounts = try decoder.singleValueContainer().decode([String: Int64].self)
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(amounts)
  }
}
