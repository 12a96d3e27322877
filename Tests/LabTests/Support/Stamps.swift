// SPDX-License-Identifier: Apache-2.0
import Foundation
import TendonLab
import TendonLabClient
import TendonModel
import Testing

/// When the placements of one instance ran, by what they wrote themselves while they did: the judge of what ran twice, and of
/// what did not run. Each wrote its host's boot-time clock, which nobody sets, into a file of its own on the machine; the
/// machine's clock at the first of these makes one time of all hosts'.
struct Stamps {
  /// One placement.
  struct Life {
    var epoch: Epoch
    var host: String
    /// In milliseconds of the machine's clock, ascending; not empty.
    var times: [Int]

    var first: Int { times[0] }
    var last: Int { times[times.count - 1] }
  }

  /// By epoch; those that have written something.
  let lives: [Life]

  private static let folder = "stamps"
  private static let file = "\(GuestPaths.state)/\(folder)/$TENDON_INSTANCE@$TENDON_EPOCH"

  /// The command of a service whose instances write a stamp each 50 ms, for a spec in YAML.
  static let command: String = {
    // The file's own time on the machine is when its one line was written.
    let begin = "f=\(file); read t _ < /proc/uptime; echo $t > $f.begin"
    // Waits for a pipe that nobody writes to: sleep would be a process each time, which costs a host a lot.
    let pipe = "p=/tmp/pipe-$$; mkfifo $p; exec 9<>$p; rm $p"
    let go = "while :; do read t _ < /proc/uptime; echo $t >> $f; read -t 0.05 -u 9; done"
    return "[bash, -c, \"\(begin); \(pipe); \(go)\"]"
  }()

  /// Its probes, where another copy is to wait until this one has written.
  static let probes =
    "{startup: {command: [sh, -c, \"test -s \(file)\"], interval: 200ms, failures: 600}}"

  /// Makes room for stamps on all hosts, without any of an earlier test.
  static func clear(_ cluster: LabCluster) async throws {
    let path = "\(GuestPaths.state)/\(folder)"
    for host in cluster.lab.hosts {
      try await cluster.lab.shell(host, "rm -rf \(path) && mkdir \(path)")
    }
  }

  /// Reads what an instance has written so far, on the machine: also what a host wrote that has no power now.
  init(_ instance: InstanceID, _ cluster: LabCluster) throws {
    var lives: [Life] = []
    for host in cluster.lab.hosts {
      let folder = "\(cluster.lab.paths.host(host).state)/\(Self.folder)"
      for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
        let parts = name.split(separator: "@")
        guard parts.count == 2, parts[0] == "\(instance)", let epoch = UInt64(parts[1]) else {
          continue
        }
        let times = try Self.times("\(folder)/\(name)")
        if !times.isEmpty { lives.append(Life(epoch: Epoch(epoch), host: host, times: times)) }
      }
    }
    self.lives = lives.sorted { $0.epoch < $1.epoch }
  }

  private static func times(_ path: String) throws -> [Int] {
    let begin = try String(contentsOfFile: path + ".begin", encoding: .utf8)
    let attributes = try FileManager.default.attributesOfItem(atPath: path + ".begin")
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    let last = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
    guard let zero = seconds(begin.split(separator: "\n").first),
      let written = attributes[.modificationDate] as? Date, let last
    else { throw LabClusterError("\(path).begin reads \(begin), \(attributes)") }
    let times = try lines.map { line in
      guard let time = seconds(line) else { throw LabClusterError("\(path) has a line \(line)") }
      return time
    }
    // Between the look at the clock and the write a host may have stood still: the shorter of the two is nearer.
    let offset = min(
      written.timeIntervalSince1970 - zero,
      last.timeIntervalSince1970 - (times.last ?? -.infinity))
    return times.map { Int((($0 + offset) * 1000).rounded()) }
  }

  private static func seconds(_ text: Substring?) -> Double? { text.flatMap { Double($0) } }

  /// By how many milliseconds a placement ran on when a later one had begun; nil: never did two run at a time.
  var overlap: Int? {
    var last = Int.min
    var longest: Int?
    for life in lives {
      if life.first <= last { longest = max(longest ?? 0, last - life.first) }
      last = max(last, life.last)
    }
    return longest
  }

  /// The longest time in milliseconds after `start` that lies between the end of one placement and the beginning of the
  /// next. A host that stands still for a while makes none.
  func longestGap(since start: Int) -> Int {
    var last = start
    var longest = 0
    for life in lives.sorted(by: { $0.first < $1.first }) where life.last > start {
      longest = max(longest, life.first - last)
      last = max(last, life.last)
    }
    return longest
  }

  /// The machine's clock in milliseconds.
  static var now: Int { Int((Date.now.timeIntervalSince1970 * 1000).rounded()) }
}

/// The suite's cluster with six instances that run, and have written stamps.
func sixStamped(_ spec: String) async throws -> (LabCluster, [SeenProcess]) {
  let cluster = try await cleanCluster()
  try await Stamps.clear(cluster)
  let processes = try await cluster.run(spec, replicas: 6)
  try await cluster.untilStamped(processes)
  return (cluster, processes)
}

extension LabCluster {
  /// Waits until all of these have written a stamp: a process runs a while before its program does anything.
  func untilStamped(_ processes: [SeenProcess]) async throws {
    try await eventually("all have written a stamp") {
      try processes.allSatisfy { try !Stamps($0.instance, self).lives.isEmpty }
    }
  }

  /// Fails the test where one of these instances ran nowhere for longer than a second since `start`, when it had written
  /// before, or where it does not run now.
  func expectRan(
    _ processes: [SeenProcess], since start: Int, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let now = Stamps.now
    try await eventually("all of \(processes.map(\.instance)) write") {
      try processes.allSatisfy {
        try Stamps($0.instance, self).lives.contains { $0.last > now }
      }
    }
    for process in processes {
      let gap = try Stamps(process.instance, self).longestGap(since: start)
      #expect(gap < 1000, "\(process.instance): \(gap) ms", sourceLocation: sourceLocation)
    }
  }
}
