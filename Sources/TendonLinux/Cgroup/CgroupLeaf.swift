// SPDX-License-Identifier: Apache-2.0
package import TendonModel

/// Names the cgroup of one placement: `web.slice/web.3@17` is epoch 17 of `web.3`. The epoch is part of it
/// because two placements of one instance can be on one host for a while. The kernel's own files never
/// contain `@` or end in `.slice`, so no name can collide with one.
package struct CgroupLeaf: Hashable, Sendable, Comparable, CustomStringConvertible {
  static let sliceSuffix = ".slice"

  package let instance: InstanceID
  package let epoch: Epoch

  package init(instance: InstanceID, epoch: Epoch) {
    self.instance = instance
    self.epoch = epoch
  }

  /// Reads back what `slice` and `name` say; nil when they are not of Tendon's making.
  package init?(slice: String, name: String) {
    let parts = name.split(separator: "@", omittingEmptySubsequences: false)
    guard slice.hasSuffix(Self.sliceSuffix), parts.count == 2,
      // What is not an instance's name is somebody else's cgroup, however it fails to parse.
      let instance = try? InstanceID(String(parts[0])),
      let epoch = UInt64(parts[1]), String(epoch) == parts[1],
      slice == instance.service.rawValue + Self.sliceSuffix
    else { return nil }
    self.init(instance: instance, epoch: Epoch(epoch))
  }

  package var slice: String { instance.service.rawValue + Self.sliceSuffix }
  package var name: String { "\(instance)@\(epoch)" }
  /// Relative to the tree's root.
  package var description: String { "\(slice)/\(name)" }

  package static func < (left: Self, right: Self) -> Bool {
    (left.instance, left.epoch) < (right.instance, right.epoch)
  }
}
