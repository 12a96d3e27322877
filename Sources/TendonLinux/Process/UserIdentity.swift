// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Who an instance runs as.
package struct UserIdentity: Hashable, Sendable {
  package var uid: UInt32
  package var gid: UInt32
  /// Supplementary groups.
  package var groups: [UInt32]
  /// nil when the uid has no entry in the user database.
  package var name: String?
  package var home: String?

  package init(
    uid: UInt32, gid: UInt32, groups: [UInt32], name: String? = nil, home: String? = nil
  ) {
    self.uid = uid
    self.gid = gid
    self.groups = groups
    self.name = name
    self.home = home
  }

  /// Finds `name`, `name:group`, `uid` or `uid:gid` in the user database (getpwnam(3)). The group,
  /// where it is given, replaces the user's own and all supplementary ones.
  ///
  /// A uid without an entry needs its gid said: there is no group it could be assumed to have.
  /// - Throws: `UserError` when the user or group is unknown or the database can't be asked.
  package static func find(_ text: String) async throws(UserError) -> UserIdentity {
    let result: Result<UserIdentity, UserError>
    do {
      // The database may be a server.
      result = try await BlockingThread.run {
        do throws(UserError) { return .success(try findBlocking(text)) } catch {
          return .failure(error)
        }
      }
    } catch {
      throw .database(text: text, errno: error.errno)
    }
    return try result.get()
  }

  /// The numbers of groups, given by name or number.
  /// - Throws: `UserError` when one is unknown.
  package static func groups(_ names: [String]) async throws(UserError) -> [UInt32] {
    let result: Result<[UInt32], UserError>
    do {
      result = try await BlockingThread.run {
        do throws(UserError) {
          var numbers: [UInt32] = []
          for name in names { numbers.append(try findGroup(name)) }
          return .success(numbers)
        } catch {
          return .failure(error)
        }
      }
    } catch {
      throw .database(text: names.joined(separator: ", "), errno: error.errno)
    }
    return try result.get()
  }

  static func findBlocking(_ text: String) throws(UserError) -> UserIdentity {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let user = parts.first.map(String.init), !user.isEmpty, parts.last?.isEmpty == false
    else { throw .malformed(text: text) }
    let gid: UInt32? = parts.count == 2 ? try findGroup(String(parts[1])) : nil
    if var found = try findUser(user) {
      if let gid {
        found.gid = gid
        found.groups = []
      }
      return found
    }
    guard let uid = UInt32(user) else { throw .unknownUser(user) }
    guard let gid else { throw .groupNeeded(uid: uid) }
    return UserIdentity(uid: uid, gid: gid, groups: [], name: nil, home: nil)
  }

  private static func findUser(_ user: String) throws(UserError) -> UserIdentity? {
    var entry = passwd()
    var buffer = [CChar](repeating: 0, count: 1024)
    while true {
      var found: UnsafeMutablePointer<passwd>?
      let error =
        if let uid = UInt32(user) {
          getpwuid_r(uid, &entry, &buffer, buffer.count, &found)
        } else {
          getpwnam_r(user, &entry, &buffer, buffer.count, &found)
        }
      if error == ERANGE, buffer.count < 1 << 20 {
        buffer = [CChar](repeating: 0, count: buffer.count * 2)
        continue
      }
      // Some databases say "not found" by an errno (getpwnam(3), NOTES).
      let absent: Set<Int32> = [0, ENOENT, ESRCH, EBADF, EPERM]
      guard found != nil else {
        if absent.contains(error) { return nil }
        throw .database(text: user, errno: error)
      }
      let name = String(cString: entry.pw_name)
      return UserIdentity(
        uid: entry.pw_uid, gid: entry.pw_gid, groups: supplementaryGroups(name, entry.pw_gid),
        name: name, home: String(cString: entry.pw_dir))
    }
  }

  private static func supplementaryGroups(_ name: String, _ gid: UInt32) -> [UInt32] {
    var count: Int32 = 32
    while true {
      var groups = [gid_t](repeating: 0, count: Int(count))
      let capacity = count
      if getgrouplist(name, gid, &groups, &count) >= 0 { return Array(groups[..<Int(count)]) }
      // It says how many there are; never ask for fewer or as many as before.
      count = max(count, capacity * 2)
    }
  }

  private static func findGroup(_ group: String) throws(UserError) -> UInt32 {
    if let gid = UInt32(group) { return gid }
    var entry = Glibc.group()
    var buffer = [CChar](repeating: 0, count: 4096)
    while true {
      var found: UnsafeMutablePointer<Glibc.group>?
      let error = getgrnam_r(group, &entry, &buffer, buffer.count, &found)
      if error == ERANGE, buffer.count < 1 << 22 {
        buffer = [CChar](repeating: 0, count: buffer.count * 2)
        continue
      }
      guard found != nil else { throw .unknownGroup(group) }
      return entry.gr_gid
    }
  }
}

/// Why a user or group could not be found.
package enum UserError: Error, Hashable, CustomStringConvertible {
  case malformed(text: String)
  case unknownUser(String)
  case unknownGroup(String)
  /// A uid that has no entry, without a gid.
  case groupNeeded(uid: UInt32)
  case database(text: String, errno: Int32)

  package var description: String {
    switch self {
    case .malformed(let text): "user \"\(text)\": must be NAME, NAME:GROUP, UID or UID:GID"
    case .unknownUser(let user): "user \"\(user)\" is not known on this host"
    case .unknownGroup(let group): "group \"\(group)\" is not known on this host"
    case .groupNeeded(let uid): "user \(uid) has no entry on this host: give a group, \(uid):GID"
    case .database(let text, let errno): "looking up user \"\(text)\": \(errnoText(errno))"
    }
  }
}
