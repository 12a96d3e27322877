// SPDX-License-Identifier: Apache-2.0
import Glibc
import TendonLinux
import TendonModel

/// The agent's own part of a resize: `LimitsWriter` writes four knobs and reads them back, and reads those
/// that stay; on folders in memory, whose files cost what a cgroup's cost to open, write and read.
enum LimitsWriterBenchmark {
  private static let rounds = 4000
  private static let warmUps = 400
  /// How many knobs one resize changes.
  static let knobs = 4
  private static let files = [
    "cpu.weight": "100", "cpu.max": "max 100000", "cpu.max.burst": "0", "memory.min": "0",
    "memory.low": "0", "memory.high": "max", "memory.max": "max", "memory.swap.max": "max",
    "memory.oom.group": "0", "memory.current": "0", "memory.events": "oom_kill 0",
    "memory.reclaim": "", "pids.max": "max",
  ]
  /// What such a change is reported with: the four, and those that stay as they were asked for.
  private static let reported = 6

  /// Microseconds of one resize after the other, up and down in turn, of instances here and there.
  static func run(instances: Int) throws -> [Double] {
    let parent = try makeFolder()
    defer { remove(parent, instances) }
    let leaves = (0..<instances).map { "\(parent)/web.\($0)@\($0)" }
    for leaf in leaves { try makeLeaf(leaf) }
    let writer = LimitsWriter(storage: .none(reason: "a benchmark's folder"))
    let (small, large) = (
      resources(cpu: 500, mebibytes: 128), resources(cpu: 1000, mebibytes: 256)
    )
    var previous = [Resources?](repeating: nil, count: instances)
    for (index, leaf) in leaves.enumerated() {
      _ = writer.apply(small, to: leaf)
      previous[index] = small
    }
    var times: [Double] = []
    for index in 0..<warmUps + rounds {
      // A stride that meets every instance, far from the one before.
      let place = index * 997 % instances
      let next = previous[place] == small ? large : small
      let start = ContinuousClock.now
      let reports = writer.apply(next, to: leaves[place], previous: previous[place])
      let took = ContinuousClock.now - start
      guard reports.count == reported,
        reports.allSatisfy({ $0.isInForce && $0.written != nil })
      else { throw BenchError("limits were not brought into force: \(reports)") }
      previous[place] = next
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
      if let made = mkdtemp(&template) { return String(cString: made) }
    }
    throw BenchError("neither /dev/shm nor /run can be written to")
  }

  private static func makeLeaf(_ leaf: String) throws {
    guard mkdir(leaf, 0o755) == 0 else {
      throw BenchError("\(leaf): \(String(cString: strerror(errno)))")
    }
    for (name, text) in files { try write(text + "\n", to: "\(leaf)/\(name)") }
  }

  private static func write(_ text: String, to path: String) throws {
    guard let file = fopen(path, "w") else {
      throw BenchError("\(path): \(String(cString: strerror(errno)))")
    }
    let isWritten = fputs(text, file) >= 0
    guard fclose(file) == 0, isWritten else { throw BenchError("\(path) can't be written") }
  }

  private static func remove(_ parent: String, _ instances: Int) {
    // What is left in a folder of memory is gone with the next boot.
    for index in 0..<instances {
      let leaf = "\(parent)/web.\(index)@\(index)"
      for name in files.keys { unlink("\(leaf)/\(name)") }
      rmdir(leaf)
    }
    rmdir(parent)
  }
}
