// SPDX-License-Identifier: Apache-2.0
import Glibc
import TendonLinux
import TendonModel

/// The agent's own part of a resize: `LimitsWriter` writes four knobs and reads them back, and reads those
/// that stay; on a folder in memory, whose files cost what a cgroup's cost to open, write and read.
enum LimitsWriterBenchmark {
  private static let rounds = 4000
  private static let warmUps = 400
  private static let files = [
    "cpu.weight": "100", "cpu.max": "max 100000", "memory.low": "0", "memory.high": "max",
    "memory.max": "max", "memory.oom.group": "0", "memory.current": "0", "pids.max": "max",
  ]

  /// Microseconds, up and down in turn.
  static func run() throws -> [Double] {
    let folder = try makeFolder()
    defer { remove(folder) }
    let writer = LimitsWriter(storage: .none(reason: "a benchmark's folder"))
    let (small, large) = (
      resources(cpu: 500, mebibytes: 128), resources(cpu: 1000, mebibytes: 256)
    )
    var previous: Resources?
    var times: [Double] = []
    for index in 0..<warmUps + rounds {
      let next = index.isMultiple(of: 2) ? large : small
      let start = ContinuousClock.now
      let reports = writer.apply(next, to: folder, previous: previous)
      let took = ContinuousClock.now - start
      guard reports.count == files.count - 1,
        reports.allSatisfy({ $0.isInForce && $0.written != nil })
      else { throw BenchError("limits were not brought into force: \(reports)") }
      previous = next
      if index >= warmUps { times.append(took.microseconds) }
    }
    return times
  }

  /// The two differ in cpu.weight, cpu.max, memory.high and memory.max.
  private static func resources(cpu: Int64, mebibytes: Int64) -> Resources {
    Resources(
      cpu: CPUResources(request: MilliCPU(cpu / 2), limit: .value(MilliCPU(cpu))),
      memory: MemoryResources(limit: .value(.mebibytes(mebibytes))))
  }

  private static func makeFolder() throws -> String {
    for parent in ["/dev/shm", "/run"] {
      var template = Array("\(parent)/tendon-bench.XXXXXX".utf8CString)
      guard let made = mkdtemp(&template) else { continue }
      let folder = String(cString: made)
      for (name, text) in files { try write(text + "\n", to: "\(folder)/\(name)") }
      return folder
    }
    throw BenchError("neither /dev/shm nor /run can be written to")
  }

  private static func write(_ text: String, to path: String) throws {
    guard let file = fopen(path, "w") else {
      throw BenchError("\(path): \(String(cString: strerror(errno)))")
    }
    let isWritten = fputs(text, file) >= 0
    guard fclose(file) == 0, isWritten else { throw BenchError("\(path) can't be written") }
  }

  private static func remove(_ folder: String) {
    // What is left in a folder of memory is gone with the next boot.
    for name in files.keys { unlink("\(folder)/\(name)") }
    rmdir(folder)
  }
}
