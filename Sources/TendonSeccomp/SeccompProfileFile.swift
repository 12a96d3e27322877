// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Glibc

/// A profile as a JSON file: what holds by default, and lists of system calls for which something else does.
///
///     {"default": "allow", "refuse": ["mount"], "errno": "EPERM", "kill": ["bpf"], "architectures": ["x86"]}
package struct SeccompProfileFile: Decodable, Sendable {
  static let actions = ["allow", "refuse", "kill", "log"]
  private static let errnos: [String: Int32] = [
    "EPERM": EPERM, "ENOENT": ENOENT, "EACCES": EACCES, "EINVAL": EINVAL, "ENOSYS": ENOSYS,
    "EOPNOTSUPP": EOPNOTSUPP,
  ]

  let byDefault: String
  /// What a refused call fails with; EPERM by default.
  let errno: String?
  /// libseccomp's names, beside this machine's own.
  let architectures: [String]
  let lists: [String: [String]]

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    let known = Self.actions + ["default", "errno", "architectures"]
    if let other = values.allKeys.first(where: { !known.contains($0.stringValue) }) {
      throw DecodingError.dataCorruptedError(
        forKey: other, in: values,
        debugDescription: "is not known; there are \(known.joined(separator: ", "))")
    }
    byDefault = try values.decode(String.self, forKey: Key(stringValue: "default"))
    errno = try values.decodeIfPresent(String.self, forKey: Key(stringValue: "errno"))
    architectures =
      try values.decodeIfPresent([String].self, forKey: Key(stringValue: "architectures")) ?? []
    var lists: [String: [String]] = [:]
    for action in Self.actions {
      lists[action] = try values.decodeIfPresent([String].self, forKey: Key(stringValue: action))
    }
    self.lists = lists
  }

  /// Compiles a profile.
  /// - Parameters:
  ///   - path: of the file, for errors.
  ///   - text: what is in it.
  package static func compiled(_ text: [UInt8], path: String) throws(SeccompError) -> [UInt8] {
    let profile: SeccompProfileFile
    do {
      profile = try JSONDecoder().decode(SeccompProfileFile.self, from: Data(text))
    } catch let error as DecodingError {
      throw fault(error, path)
    } catch {
      throw .unreadable(path: path, reason: "\(error)")
    }
    return try profile.compiled(path)
  }

  private static func fault(_ error: DecodingError, _ path: String) -> SeccompError {
    func name(_ keys: [any CodingKey]) -> String {
      var text = ""
      for key in keys {
        text += key.intValue.map { "[\($0)]" } ?? (text.isEmpty ? "" : ".") + key.stringValue
      }
      return text
    }
    switch error {
    case .keyNotFound(let key, _):
      return .field(path: path, field: key.stringValue, reason: "is missing")
    case .typeMismatch(_, let context), .valueNotFound(_, let context),
      .dataCorrupted(let context):
      let field = name(context.codingPath)
      return field.isEmpty
        ? .unreadable(path: path, reason: "is not JSON of an object: \(context.debugDescription)")
        : .field(path: path, field: field, reason: context.debugDescription)
    @unknown default:
      return .unreadable(path: path, reason: "\(error)")
    }
  }

  private func compiled(_ path: String) throws(SeccompError) -> [UInt8] {
    let filter = try SeccompFilter(otherwise: try action(byDefault, "default", path))
    for (index, name) in architectures.enumerated() where try !filter.add(architecture: name) {
      throw .field(
        path: path, field: "architectures[\(index)]", reason: "\"\(name)\" is not known")
    }
    for (list, calls) in lists.sorted(by: { $0.key < $1.key }) {
      guard list != byDefault else {
        throw .field(path: path, field: list, reason: "is what default does anyway")
      }
      let action = try action(list, list, path)
      for (index, call) in calls.enumerated() where try !filter.add(action, call) {
        throw .field(
          path: path, field: "\(list)[\(index)]", reason: "there is no system call \"\(call)\"")
      }
    }
    return try filter.compiled()
  }

  private func action(
    _ name: String, _ field: String, _ path: String
  ) throws(SeccompError) -> SeccompFilter.Action {
    switch name {
    case "allow": return .allow
    case "log": return .log
    case "kill": return .kill
    case "refuse":
      guard let errno else { return .refuse(errno: EPERM) }
      guard let number = Self.errnos[errno] else {
        throw .field(
          path: path, field: "errno",
          reason: "\"\(errno)\" is none of \(Self.errnos.keys.sorted().joined(separator: ", "))")
      }
      return .refuse(errno: number)
    default:
      throw .field(
        path: path, field: field,
        reason: "\"\(name)\" is none of \(Self.actions.joined(separator: ", "))")
    }
  }
}
