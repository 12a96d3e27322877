// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
import TendonModel

/// The file behind `RecordStore`: lines are only appended, the last line of an epoch counts, and what counts is copied
/// to a new file when most of the old one does not. All calls block.
///
/// A write that fails leaves the file as it was and its lines in `backlog`, from where the next write takes them.
struct RecordJournal: ~Copyable {
  /// Above this much that counts no more, the file is written anew. Raising it costs disk space and time at an
  /// agent's start.
  private static let mostDeadBytes = 1 << 20
  /// Disk space asked for in advance, so that placements that run can still be remembered on a full disk.
  private static let reserve = 256 << 10

  let path: String
  private let directory: String
  private var fd: Int32 = -1
  /// Where the next line goes; everything before it is whole and durable.
  private var end = 0
  private var reservedUpTo = 0
  /// Whether what lies behind `end` was not removed yet.
  private var hasTail = false
  /// The line that counts, by epoch.
  private var places: [Epoch: Range<Int>] = [:]
  private var liveBytes = 0
  private var rewriteAbove = mostDeadBytes
  private var isLoaded = false
  /// The newest line of each epoch that is not durable yet.
  private var backlog: [Epoch: RecordLine] = [:]
  private let encoder = RecordEncoder()

  var isBehind: Bool { !backlog.isEmpty }

  init(directory: String) {
    self.directory = directory
    path = directory + "/placements.journal"
  }

  deinit { if fd >= 0 { close(fd) } }

  // MARK: - Reading

  /// Every placement's last whole line. What cannot be read is told, and put aside in `placements.journal.damaged`,
  /// so that it is looked at by a person and not by the next agent.
  mutating func load() throws(StateError) -> (records: [RememberedPlacement], faults: [StateError])
  {
    let bytes: [UInt8]
    do throws(StateError) {
      bytes = try Files.read(path)
    } catch .file(_, _, ENOENT) {
      bytes = []
    }
    closeFile()
    (places, liveBytes, end) = ([:], 0, 0)
    var records: [Epoch: RememberedPlacement] = [:]
    var faults: [StateError] = []
    while let feed = bytes[end...].firstIndex(of: UInt8(ascii: "\n")) {
      do throws(RecordLine.Fault) {
        switch try RecordLine.read(bytes[end..<feed]) {
        case .record(let record):
          records[record.epoch] = record
          note(end..<(feed + 1), of: record.epoch)
        case .removal(let epoch):
          records[epoch] = nil
          note(nil, of: epoch)
        }
      } catch {
        faults.append(.malformed(path: path, reason: "byte \(end): \(error.inWords)"))
      }
      end = feed + 1
    }
    hasTail = end < bytes.count
    isLoaded = true
    if !faults.isEmpty { faults += putAside(bytes) }
    if hasTail {
      let reason =
        "byte \(end): cut short; a crash interrupted the write, and nobody was told of it yet"
      faults.append(.malformed(path: path, reason: reason))
    }
    return (records.values.sorted { $0.epoch < $1.epoch }, faults)
  }

  /// - Returns: what went wrong; the damaged file then stays in use, since its whole lines are good.
  private mutating func putAside(_ bytes: [UInt8]) -> [StateError] {
    do throws(StateError) {
      try Files.replace("placements.journal.damaged", in: directory, with: bytes)
      try rewrite()
      return []
    } catch {
      return [error]
    }
  }

  private mutating func note(_ place: Range<Int>?, of epoch: Epoch) {
    liveBytes += (place?.count ?? 0) - (places[epoch]?.count ?? 0)
    places[epoch] = place
  }

  // MARK: - Writing

  /// Durable when it returns, and so is the backlog.
  mutating func append(_ contents: [RecordLine.Content]) throws(StateError) {
    for content in contents {
      let line = RecordLine(content, encoder)
      backlog[line.epoch] = line
    }
    try writeBacklog()
  }

  /// Tries again what failed before.
  mutating func writeBacklog() throws(StateError) {
    guard !backlog.isEmpty else { return }
    try openFile()
    var bytes: [UInt8] = []
    var written: [(Epoch, Range<Int>?)] = []
    for line in backlog.values.sorted(by: { $0.epoch < $1.epoch }) {
      let start = end + bytes.count
      bytes += line.bytes
      written.append((line.epoch, line.isRemoval ? nil : start..<(start + line.bytes.count)))
    }
    do throws(StateError) {
      hasTail = true
      try Files.write(bytes, to: fd, at: end, path: path)
      guard fdatasync(fd) == 0 else {
        throw .file(call: "fdatasync", path: path, errno: errno)
      }
    } catch {
      // What it was written is not known: the next try begins here again. One that cannot be cut is cut then.
      do throws(StateError) { try cutTail() } catch { closeFile() }
      throw error
    }
    hasTail = false
    end += bytes.count
    for (epoch, place) in written { note(place, of: epoch) }
    backlog = [:]
    rewriteIfDue()
  }

  private mutating func openFile() throws(StateError) {
    var status = stat()
    // Somebody removed it: what counts can still be read.
    if fd >= 0, fstat(fd, &status) == 0, status.st_nlink == 0 { try rewrite() }
    if !isLoaded { try loadOrPutAside() }
    if fd < 0 {
      let isNew = end == 0
      fd = try Files.open(path, O_RDWR | O_CREAT)
      if isNew { try Files.syncDirectory(directory) }
      guard fstat(fd, &status) == 0 else { throw .file(call: "fstat", path: path, errno: errno) }
      // Removed while it was closed: nothing of it is left.
      if Int(status.st_size) < end { (places, liveBytes, end, hasTail) = ([:], 0, 0, true) }
      hasTail = hasTail || Int(status.st_size) > end
    }
    if hasTail { try cutTail() }
    if end + Self.reserve / 4 > reservedUpTo {
      // Not every file system can, and a full one will not: then there is no reserve.
      _ = tendon_reserve(fd, Int64(end), Int64(Self.reserve))
      reservedUpTo = end + Self.reserve
    }
  }

  /// What cannot be read at all is not written over.
  private mutating func loadOrPutAside() throws(StateError) {
    do throws(StateError) {
      _ = try load()
    } catch {
      try Files.rename(path, to: path + ".damaged")
      (places, liveBytes, end, hasTail, isLoaded) = ([:], 0, 0, false, true)
    }
  }

  private mutating func closeFile() {
    if fd >= 0 { close(fd) }
    fd = -1
    reservedUpTo = 0
  }

  private mutating func cutTail() throws(StateError) {
    guard ftruncate(fd, off_t(end)) == 0 else {
      throw .file(call: "ftruncate", path: path, errno: errno)
    }
    hasTail = false
    reservedUpTo = 0
  }

  private mutating func rewriteIfDue() {
    let dead = end - liveBytes
    guard dead > rewriteAbove, dead > liveBytes else { return }
    do throws(StateError) {
      try rewrite()
      rewriteAbove = Self.mostDeadBytes
    } catch {
      // The old file is whole and goes on. A disk that fails is told of by the next write.
      rewriteAbove = dead * 2
    }
  }

  /// Copies what counts to a new file, durably, and goes on with that.
  private mutating func rewrite() throws(StateError) {
    let wasOpen = fd >= 0
    let old = wasOpen ? fd : try Files.open(path, O_RDONLY)
    defer { if !wasOpen { close(old) } }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(liveBytes)
    var moved: [Epoch: Range<Int>] = [:]
    for (epoch, place) in places.sorted(by: { $0.key < $1.key }) {
      moved[epoch] = bytes.count..<(bytes.count + place.count)
      bytes += try Files.read(place, of: old, path: path)
    }
    try Files.replace("placements.journal", in: directory, with: bytes)
    if fd >= 0 { closeFile() }
    (places, liveBytes, end, hasTail) = (moved, bytes.count, bytes.count, false)
  }
}

extension RecordLine.Fault {
  fileprivate var inWords: String {
    switch self {
    case .damaged: "the line is damaged, its checksum does not fit"
    case .unreadable(let reason): reason
    }
  }
}
