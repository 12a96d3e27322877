// SPDX-License-Identifier: Apache-2.0

/// A set that forgets its oldest members beyond a capacity.
struct BoundedSet<Element: Hashable & Sendable>: Sendable {
  private let capacity: Int
  private var members: Set<Element> = []
  /// A ring once it is full; `oldest` is the next to be overwritten.
  private var order: [Element] = []
  private var oldest = 0

  init(capacity: Int) {
    precondition(capacity > 0, "a set of nothing")
    self.capacity = capacity
  }

  func contains(_ element: Element) -> Bool { members.contains(element) }

  mutating func insert(_ element: Element) {
    guard members.insert(element).inserted else { return }
    if order.count < capacity {
      order.append(element)
    } else {
      members.remove(order[oldest])
      order[oldest] = element
      oldest = (oldest + 1) % capacity
    }
  }
}
