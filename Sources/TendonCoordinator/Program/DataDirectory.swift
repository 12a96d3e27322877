// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Glibc

/// The folder that holds the store and the tokens, for its owner only.
enum DataDirectory {
  /// Bytes of randomness in a token.
  static let tokenBytes = 32

  static func create(_ path: String) async throws(ProgramError) {
    try await offPool { () throws(ProgramError) in
      guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
        throw .file(path: path, reason: ProgramError.words(for: errno))
      }
    }
  }

  /// Reads the tokens; those that are not there are made.
  static func tokens(in path: String) async throws(ProgramError) -> Tokens {
    try await offPool { () throws(ProgramError) in
      Tokens(api: try token(path + "/api-token"), join: try token(path + "/join-token"))
    }
  }

  private static func token(_ path: String) throws(ProgramError) -> [UInt8] {
    if let token = try read(path) { return token }
    var generator = SystemRandomNumberGenerator()
    let token = (0..<tokenBytes).flatMap { _ in
      let byte = UInt8.random(in: 0...UInt8.max, using: &generator)
      return Array(String(byte >> 4, radix: 16).utf8) + Array(String(byte & 15, radix: 16).utf8)
    }
    try write(token + [UInt8(ascii: "\n")], to: path)
    return token
  }

  /// nil when there is no file.
  private static func read(_ path: String) throws(ProgramError) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 && errno == ENOENT { return nil }
    guard descriptor >= 0 else {
      throw .file(path: path, reason: ProgramError.words(for: errno))
    }
    // Nothing was written through it, so its closing cannot fail in a way that matters.
    defer { _ = close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = Glibc.read(descriptor, &buffer, buffer.count)
    guard count >= 0 else { throw .file(path: path, reason: ProgramError.words(for: errno)) }
    let spaces = Set(" \t\r\n".utf8)
    let token = buffer.prefix(count).drop { spaces.contains($0) }
      .reversed().drop { spaces.contains($0) }.reversed()
    guard !token.isEmpty, token.allSatisfy({ (0x21...0x7e).contains($0) }) else {
      throw .file(path: path, reason: "holds no token; remove it to have one made")
    }
    return Array(token)
  }

  /// Under another name first, so that there is never half a token.
  private static func write(_ bytes: [UInt8], to path: String) throws(ProgramError) {
    let temporary = path + ".new"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw .file(path: temporary, reason: ProgramError.words(for: errno))
    }
    let isWritten =
      Glibc.write(descriptor, bytes, bytes.count) == bytes.count && fsync(descriptor) == 0
    let code = errno
    guard close(descriptor) == 0, isWritten else {
      throw .file(path: temporary, reason: ProgramError.words(for: isWritten ? errno : code))
    }
    guard rename(temporary, path) == 0 else {
      throw .file(path: path, reason: ProgramError.words(for: errno))
    }
  }

  private static func offPool<Value: Sendable>(
    _ body: @escaping @Sendable () throws(ProgramError) -> Value
  ) async throws(ProgramError) -> Value {
    let result = await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(returning: Result { () throws(ProgramError) in try body() })
      }
    }
    return try result.get()
  }
}
