// SPDX-License-Identifier: Apache-2.0

import Glibc
import TendonLinux
import TendonModel

/// The images that instances run in, each made into a directory once and shared by all that use it, which can't write
/// to it.
actor ImageStore {
  private let directory: String
  private let blocking: Blocking
  /// Those being made, or removed, right now, with who waits for that.
  private var busy: [String: [CheckedContinuation<Void, Never>]] = [:]

  /// How long what nobody uses stays: an instance that is started again, or moves back, finds it.
  static let remembrance = Duration.seconds(3600)

  init(directory: String, blocking: Blocking) {
    self.directory = directory
    self.blocking = blocking
  }

  /// The directory of an image.
  /// - Parameter path: as the spec says.
  /// - Returns: nil where `path` is a directory.
  func root(at path: String, for epoch: Epoch) async throws(ImageError) -> String? {
    // Slow: the disk may be, and an archive takes its time.
    let image = try await blocking.run(slowly: true) { () throws(ImageError) in
      try ImageFile.find(path)
    }
    guard let image else { return nil }
    let folder = ImageFolder(path: "\(directory)/\(image.key)")
    let blocking = blocking
    let result = await alone(with: image.key) {
      await blocking.run(slowly: true) {
        Result { () throws(ImageError) in try folder.prepare(image, for: epoch) }
      }
    }
    try result.get()
    return folder.root
  }

  /// Removes what nobody uses any more.
  /// - Parameter present: every placement of this host.
  /// - Returns: what went wrong, in words.
  func sweep(present: Set<Epoch>, now: Timestamp) async -> [String] {
    let directory = directory
    let before = Timestamp(
      millisecondsSinceEpoch: now.millisecondsSinceEpoch - Self.remembrance.wholeMilliseconds)
    let names: [String]
    do {
      names = try await blocking.run { () throws(StateError) in try Files.names(in: directory) }
    } catch {
      return ["\(error)"]
    }
    var faults: [String] = []
    for name in names {
      let isPartial = name.hasSuffix(ImageFolder.partial)
      let key = isPartial ? String(name.dropLast(ImageFolder.partial.count)) : name
      let folder = ImageFolder(path: "\(directory)/\(name)")
      let fault = await alone(with: key) {
        await blocking.run(slowly: true) { () -> String? in
          do {
            // Nobody makes it now, so what is partial is left from an agent that ended.
            if !isPartial {
              guard let since = try folder.unusedSince(present: present), since < before else {
                return nil
              }
            }
            try folder.remove()
            return nil
          } catch {
            return "\(folder.path): \(error)"
          }
        }
      }
      if let fault { faults.append(fault) }
    }
    return faults
  }

  /// Runs `body` when nothing else is done with the image.
  private func alone<Value>(with key: String, _ body: () async -> Value) async -> Value {
    if busy[key] != nil {
      // Whoever is before hands it on.
      await withCheckedContinuation { busy[key]?.append($0) }
    } else {
      busy[key] = []
    }
    let value = await body()
    if busy[key]?.isEmpty == false {
      busy[key]?.removeFirst().resume()
    } else {
      busy[key] = nil
    }
    return value
  }
}
