// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// Hands out user numbers that no account has, each to one placement at a time.
package struct UserPool: Sendable {
  /// Above what systemd uses for containers (524288 to 1879048191) and below 2^31, where some programs take a uid
  /// for a negative number. Group numbers are the same.
  package static let range: ClosedRange<UInt32> = 2_000_000_000...2_000_065_535

  private var held: Set<UInt32> = []

  package init() {}

  /// A free one. Epochs grow, so that the number of a placement that ended comes again as late as can be.
  package mutating func allocate(for epoch: Epoch) throws(UserPoolError) -> UInt32 {
    guard held.count < Self.range.count else { throw .exhausted }
    let count = UInt64(Self.range.count)
    var offset = epoch.rawValue % count
    while held.contains(Self.range.lowerBound + UInt32(offset)) { offset = (offset + 1) % count }
    let uid = Self.range.lowerBound + UInt32(offset)
    held.insert(uid)
    return uid
  }

  /// One that a placement from before a restart of the agent has.
  package mutating func adopt(_ uid: UInt32) { held.insert(uid) }

  package mutating func release(_ uid: UInt32) { held.remove(uid) }

  /// The real uid of a process; nil when it is gone.
  package static func user(ofProcess pid: Int32) -> UInt32? {
    // Gone, or not readable: then it holds no number that we know of.
    guard let text = try? KernelFile.read("/proc/\(pid)/status") else { return nil }
    for line in text.split(separator: "\n") where line.hasPrefix("Uid:") {
      return line.split(separator: "\t").dropFirst().first.flatMap { UInt32($0) }
    }
    return nil
  }
}

package enum UserPoolError: Error, Hashable, CustomStringConvertible {
  case exhausted

  package var description: String {
    "all \(UserPool.range.count) dynamic users are in use on this host; give a user by name"
  }
}
