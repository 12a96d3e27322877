// SPDX-License-Identifier: Apache-2.0
import Foundation
import TendonCore
import TendonModel

/// A cluster and a mix of instances to measure placement with.
struct PlacementInput {
  struct Instance {
    var name: String
    var cpuMilli: Int64
    var memoryMiB: Int64
    /// How often it is drawn, against the others.
    var count: Int
  }

  var hosts: [PlacementHost]
  var instances: [Instance]

  /// Reads `name,cpu_milli,memory_mib[,label=value…]` and `name,cpu_milli,memory_mib[,count]`; a first line that begins
  /// with `name,` is a heading.
  static func read(hosts hostPath: String, instances instancePath: String) throws -> PlacementInput
  {
    var seen: Set<String> = []
    let hosts = try rows(of: hostPath).map { row in
      let id: HostID
      do { id = try HostID(row.fields[0]) } catch { throw row.error("\(error)") }
      guard seen.insert(row.fields[0]).inserted else { throw row.error("\(id) is there twice") }
      var host = host(
        id, cpuMilli: try row.amount(1, "cpu_milli"), memoryMiB: try row.amount(2, "memory_mib"))
      for field in row.fields.dropFirst(3) where !field.isEmpty {
        let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty else {
          throw row.error("\"\(field)\" is no label; write LABEL=VALUE")
        }
        host.labels[String(parts[0])] = String(parts[1])
      }
      return host
    }
    let instances = try rows(of: instancePath).map { row in
      guard row.fields.count <= 4 else { throw row.error("it has more than four fields") }
      return Instance(
        name: row.fields[0], cpuMilli: try row.amount(1, "cpu_milli"),
        memoryMiB: try row.amount(2, "memory_mib"),
        count: row.fields.count == 4 ? Int(try row.amount(3, "count")) : 1)
    }
    guard instances.contains(where: { $0.count > 0 }) else {
      throw PlacementInputError(
        description: "\(instancePath): every count is 0; nothing can be drawn")
    }
    return PlacementInput(hosts: hosts, instances: instances)
  }

  private struct Row {
    var path: String
    var line: Int
    var fields: [String]

    func error(_ words: String) -> PlacementInputError {
      PlacementInputError(description: "\(path):\(line): \(words)")
    }

    func amount(_ index: Int, _ name: String) throws -> Int64 {
      guard let amount = Int64(fields[index]), (0...1_000_000_000).contains(amount) else {
        throw error("\(name): \"\(fields[index])\" is not a whole number from 0 to 1000000000")
      }
      return amount
    }
  }

  private static func rows(of path: String) throws -> [Row] {
    let text: String
    do {
      text = try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      throw PlacementInputError(
        description: "\(path): it can't be read: \(error.localizedDescription)")
    }
    var rows: [Row] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
        .map { $0.trimmingCharacters(in: .whitespaces) }
      if fields == [""] || index == 0 && fields[0] == "name" { continue }
      let row = Row(path: path, line: index + 1, fields: fields)
      guard fields.count >= 3, !fields[0].isEmpty else {
        throw row.error("it needs a name, cpu_milli and memory_mib, with commas between them")
      }
      rows.append(row)
    }
    guard !rows.isEmpty else { throw PlacementInputError(description: "\(path): it has no rows") }
    return rows
  }

  static func host(_ id: HostID, cpuMilli: Int64, memoryMiB: Int64) -> PlacementHost {
    PlacementHost(
      id: id, state: .ready,
      capacity: HostCapacity(cpu: MilliCPU(cpuMilli), memory: .mebibytes(memoryMiB)))
  }

  /// A service of its own for each row, so that rows with one name stay apart.
  func demand(_ index: Int) -> PlacementDemand {
    var resources = Resources()
    resources.cpu.request = MilliCPU(instances[index].cpuMilli)
    resources.memory.request = .mebibytes(instances[index].memoryMiB)
    guard let service = try? ServiceName("mix\(index)") else {  // a letter and a number is a name
      preconditionFailure("mix\(index) is no name")
    }
    return PlacementDemand(service: service, resources: resources)
  }
}

/// What is wrong with a file, with its line.
struct PlacementInputError: Error, CustomStringConvertible {
  var description: String
}

extension PlacementInput {
  /// 1,500 hosts of seven shapes, in five zones, and a mix with small, large and odd instances. Both are made up, after
  /// the proportions that published traces of mixed clusters have: most instances are small, few need most of a host.
  static let made: PlacementInput = {
    let shapes: [(cpu: Int64, gib: Int64, count: Int)] = [
      (96_000, 384, 500), (64_000, 256, 350), (32_000, 128, 250), (128_000, 768, 150),
      (96_000, 192, 100), (48_000, 384, 100), (16_000, 64, 50),
    ]
    var hosts: [PlacementHost] = []
    for shape in shapes {
      for _ in 0..<shape.count {
        let number = hosts.count
        guard let id = try? HostID("host\(number)") else {  // a letter and a number is a name
          preconditionFailure("host\(number) is no name")
        }
        var made = host(id, cpuMilli: shape.cpu, memoryMiB: shape.gib << 10)
        made.labels = ["zone": "zone\(number % 5)"]
        hosts.append(made)
      }
    }
    let mix: [(name: String, cpu: Int64, mib: Int64, count: Int)] = [
      ("tiny", 250, 512, 120), ("small", 500, 1024, 200), ("sidecar", 1000, 1024, 160),
      ("web", 2000, 4096, 180), ("api", 4000, 12_288, 120), ("worker", 6000, 16_384, 80),
      ("batch", 8000, 24_576, 70), ("cache", 2000, 32_768, 24), ("store", 8000, 65_536, 14),
      ("encoder", 16_000, 16_384, 20), ("search", 16_000, 65_536, 14), ("train", 32_000, 98_304, 8),
      ("solver", 48_000, 65_536, 3), ("database", 64_000, 229_376, 2),
      ("whole", 88_000, 327_680, 2),
    ]
    return PlacementInput(
      hosts: hosts,
      instances: mix.map {
        Instance(name: $0.name, cpuMilli: $0.cpu, memoryMiB: $0.mib, count: $0.count)
      })
  }()
}
