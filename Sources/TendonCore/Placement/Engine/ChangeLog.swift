// SPDX-License-Identifier: Apache-2.0

/// Which hosts changed, in order; classes remember how far they have read.
struct ChangeLog {
  private var places: [Int32] = []
  private var dropped = 0
  /// The furthest that anyone has read.
  private var readTo = 0

  /// The number of the next entry.
  private var end: Int { dropped + places.count }

  /// - Parameter hostCount: bounds the log: whoever has more to read than there are hosts does better to look at all.
  mutating func append(_ place: Int, hostCount: Int) {
    if readTo < end, places.last == Int32(place) { return }
    if places.count > 2 * hostCount + 1024 {
      let many = places.count / 2
      places.removeFirst(many)
      dropped += many
    }
    places.append(Int32(place))
  }

  /// The hosts that changed since an entry; nil where that is not known any more.
  @inline(__always)
  func since(_ seen: Int) -> ArraySlice<Int32>? {
    seen < dropped ? nil : places[(seen - dropped)...]
  }

  /// Notes that everything was read, and returns where to read on.
  mutating func read() -> Int {
    readTo = end
    return end
  }
}
