// SPDX-License-Identifier: Apache-2.0

import TendonModel
import TendonSpec
import Testing

struct HostileSpecTests {
  private func errors(_ text: String) -> [ErrorDetail] {
    SpecParser.parse([SpecSource(text: text)]).errors
  }

  @Test("Aliases that multiply are stopped, as values and as keys.", arguments: ["- ", "? "])
  func bomb(mark: String) {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...20 {
      let list = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
      text += "a\(level): &a\(level)\n  \(mark)[\(list)]\n"
    }
    #expect(errors(text).contains { $0.message.contains("more than 100000 values") })
  }

  @Test("Nesting is bounded, also when aliases do it.")
  func nesting() {
    let brackets = String(repeating: "[", count: 100_000)
    #expect(errors("a: " + brackets).contains { $0.message.contains("64 lists and mappings deep") })
    var chain = "a0: &a0 [x]\n"
    for level in 1...5000 { chain += "a\(level): &a\(level) [*a\(level - 1)]\n" }
    #expect(errors(chain).contains { $0.message.contains("64 lists and mappings deep") })
  }

  @Test("A text over 4 MiB is refused unread.")
  func size() {
    let text = "name: a\n#" + String(repeating: "x", count: 4 << 20)
    #expect(errors(text).map(\.message).first?.contains("at most 4194304 are read") == true)
  }

  @Test("Many small values are refused.")
  func count() {
    let text = "a: [" + String(repeating: "x,", count: 200_000) + "]"
    #expect(errors(text).contains { $0.message.contains("more than 100000 values") })
  }

  static let documents = [
    """
    name: web
    command: [server, "--name=\\u4e16\\n", 'it''s', 1.5]
    env: &e {A: "x", B: 12, C: |-
      text
      more
    }
    ports: {http: auto, admin: 9000}
    """,
    """
    name: web
    command:
      - server
    env: &env
      A: >
        folded
        text
      B: !!str 5
    labels:
      <<: *env
    resources: {cpu: {request: 1, limit: 2}, memory: {limit: 1Gi}, io: {weight: 5}, pids: 7}
    restart: never
    ---
    {"name": "json", "command": ["a", "b\\u00e9"], "replicas": 3, "stop_grace": "5s"}
    """,
  ]

  @Test(
    "Damaged documents give errors or specs, never both, and never a crash.",
    arguments: [
      1, 2, 3, 4,
    ] as [UInt64])
  func mutations(seed: UInt64) {
    var random = SplitMix(state: seed)
    let spice = Array("{}[]:,&*!|>'\"%@`#-?\n\t \0<=~\\u0é世\u{1F600}".unicodeScalars)
    for document in Self.documents {
      let original = Array(document.unicodeScalars)
      for _ in 0..<600 {
        var scalars = original
        for _ in 0...Int.random(in: 0...4, using: &random) where !scalars.isEmpty {
          let place = Int.random(in: 0..<scalars.count, using: &random)
          switch Int.random(in: 0..<5, using: &random) {
          case 0: scalars.remove(at: place)
          case 1: scalars[place] = spice.randomElement(using: &random) ?? " "
          case 2: scalars.insert(spice.randomElement(using: &random) ?? " ", at: place)
          case 3: scalars.removeSubrange(place...)
          default: scalars.insert(contentsOf: scalars[..<place].suffix(20), at: place)
          }
        }
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        let result = SpecParser.parse([SpecSource(name: "seed \(seed)", text: String(text))])
        #expect(result.specs.isEmpty != result.errors.isEmpty)
        for error in result.errors { #expect((error.line ?? 1) >= 1 && (error.column ?? 1) >= 1) }
      }
    }
  }
}

/// A small generator with a seed (Steele, Lea, Flood: "Fast splittable pseudorandom number
/// generators").
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}
