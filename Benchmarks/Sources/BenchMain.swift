// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc

/// Measures Tendon on this machine.
@main
struct BenchMain: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tendon-bench", abstract: "Measures Tendon on this machine.")

  @Argument(help: "The groups to run; all when none is named.")
  var groups: [String] = []

  @Option(help: "A file to append the results to, one JSON object a line.")
  var out: String?

  func validate() throws {
    let known = BenchGroup.all.map(\.name)
    for group in groups where !known.contains(group) {
      throw ValidationError("No group \"\(group)\"; there are: \(known.joined(separator: ", ")).")
    }
  }

  func run() async throws {
    print("\(pad("group", 12))\(pad("name", 34))\(pad("value", 14))\(pad("unit", 14))n")
    for group in BenchGroup.all where groups.isEmpty || groups.contains(group.name) {
      for result in try await group.run() {
        let peer = result.peer.map { "  (\($0))" } ?? ""
        print(
          pad(result.group, 12) + pad(result.name, 34) + pad(result.text, 14)
            + pad(result.unit, 14) + "\(result.n)\(peer)")
        if let out { try append(result.jsonLine() + "\n", to: out) }
      }
    }
  }

  private func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }

  private func append(_ text: String, to path: String) throws {
    guard let file = fopen(path, "a") else {
      throw ValidationError("\(path) can't be written: \(String(cString: strerror(errno)))")
    }
    let isWritten = fputs(text, file) >= 0
    guard fclose(file) == 0, isWritten else {
      throw ValidationError("\(path) can't be written: \(String(cString: strerror(errno)))")
    }
  }
}
