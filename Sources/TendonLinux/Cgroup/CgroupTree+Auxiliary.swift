// SPDX-License-Identifier: Apache-2.0
import Glibc
package import TendonModel

/// Cgroups below a leaf, in which commands run beside an instance's program: what such a command starts can be killed
/// without touching the program, and counts for the instance all the same. They have no controllers, so that the leaf may
/// have processes too (cgroup-v2.rst, "No Internal Process Constraint").
extension CgroupTree {
  private static var auxiliaryPrefix: String { "tendon." }

  /// Makes one, and opens its folder, close-on-exec; the caller closes it.
  /// - Throws: `cannotCreate` with ENOENT when the leaf is not there.
  package func openAuxiliary(
    _ name: String, of leaf: CgroupLeaf
  ) throws(CgroupError) -> (path: String, folder: Int32) {
    let path = path(of: leaf) + "/" + Self.auxiliaryPrefix + name
    try Folders.create(path)
    let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw .cannotOpen(path: path, errno: errno) }
    return (path, folder)
  }

  /// Kills what is left in one and removes it. Blocks for at most `limit` plus a moment.
  package func endAuxiliary(_ path: String, within limit: Span) throws(CgroupError) {
    if try !CgroupEnd.waitUntilEmpty(path, upTo: Span(milliseconds: 0)) {
      try CgroupEnd.kill(path, waitingUpTo: limit)
    }
    try Folders.remove(path)
  }

  /// Ends those that an agent before this one has left.
  package func endAuxiliaries(of leaf: CgroupLeaf, within limit: Span) throws(CgroupError) {
    for name in try Folders.list(path(of: leaf)) where name.hasPrefix(Self.auxiliaryPrefix) {
      try endAuxiliary(path(of: leaf) + "/" + name, within: limit)
    }
  }
}
