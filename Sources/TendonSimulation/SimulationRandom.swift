// SPDX-License-Identifier: Apache-2.0

/// SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014): the one source of
/// chance in a world.
package struct SimulationRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  /// One of the many streams of a seed: what is drawn from one changes nothing in another, so that a world stays much the
  /// same when something is left out of it.
  init(seed: UInt64, stream: Int) {
    state = seed
    state = next() ^ (UInt64(stream) &* 0xD1B5_4A32_D192_ED03)
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  mutating func chance(_ percent: Int) -> Bool {
    percent > 0 && Int.random(in: 0..<100, using: &self) < percent
  }

  /// Milliseconds from a range, as a duration.
  mutating func milliseconds(_ range: ClosedRange<Int64>) -> Duration {
    .milliseconds(Int64.random(in: range, using: &self))
  }
}
