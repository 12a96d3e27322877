// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The house rules that can be checked file by file.
enum Rules {
  static let longestFile = 400

  static func licence(_ file: SourceFile) -> [Offence] {
    let marker = "SPDX-License-Identifier: Apache-2.0"
    // Package.swift has to begin with the tools' version, a script with its interpreter.
    let line = ["Package.swift", ".ci/run"].contains(file.path) ? 1 : 0
    let found = file.lines.count > line ? file.lines[line] : ""
    let allowed = ["// \(marker)", "/* \(marker) */", "# \(marker)"]
    return allowed.contains(String(found)) ? [] : [Offence(file, line + 1, "no SPDX line")]
  }

  static func length(_ file: SourceFile) -> [Offence] {
    let count = file.lines.count - (file.lines.last == "" ? 1 : 0)
    return count <= longestFile
      ? [] : [Offence(file, count, "\(count) lines, and \(longestFile) are a smell")]
  }

  static func forks(_ file: SourceFile) -> [Offence] {
    file.codeLines(with: "fork", matching: /\bv?fork\s*\(/).map {
      Offence(file, $0, "Swift never forks")
    }
  }

  static func publicAccess(_ file: SourceFile) -> [Offence] {
    file.codeLines(with: "public", "open", matching: /\b(public|open)\s+(?!\()[a-z]/).map {
      Offence(file, $0, "package is the widest access there is")
    }
  }

  static func leftovers(_ file: SourceFile) -> [Offence] {
    file.rawLines(with: "DO", "ME", "XX", matching: /\b(?:TO[D]O|FIX[M]E|X[X]X)\b/).map {
      Offence(file, $0, "something is left to do")
    }
  }

  /// A comment may stand on the line or before it; lines of one condition share it.
  static func swallowedErrors(_ file: SourceFile) -> [Offence] {
    let swallowing = Set(file.codeLines(with: "try?", matching: /\btry\?/))
    return swallowing.sorted().filter { number in
      var first = number
      while swallowing.contains(first - 1), !file.commented.contains(first) { first -= 1 }
      return !file.commented.contains(first) && !file.commented.contains(first - 1)
    }
    .map { Offence(file, $0, "an error is swallowed, and no comment says why") }
  }

  static func uncheckedSendable(_ file: SourceFile) -> [Offence] {
    file.codeLines(
      with: "@unchecked", "unsafe", matching: /@unchecked\s+Sendable|nonisolated\(unsafe\)/
    )
    .filter { !file.commented.contains($0) && !file.commented.contains($0 - 1) }
    .map { Offence(file, $0, "nothing says why this is safe") }
  }

  static func unownedTasks(_ file: SourceFile) -> [Offence] {
    file.codeLines(
      with: "Task", matching: /\bTask(\.detached|\.immediate)?\s*(<[^>]*>)?\s*(\([^)]*\))?\s*\{/
    )
    .map { Offence(file, $0, "a task that nobody owns: make it a child task or a Service") }
  }

  static func prints(_ file: SourceFile) -> [Offence] {
    file.codeLines(
      with: "print(", "debugPrint(", "dump(", "NSLog(",
      matching: /(^|[^\w.])(print|debugPrint|dump|NSLog)\(/
    ).map {
      Offence(file, $0, "a library does not print")
    }
  }

  static func machinePaths(_ file: SourceFile) -> [Offence] {
    file.rawLines(
      with: "/work/", "/root/", "/home/", matching: /(^|[^\w)}\]$.-])\/(work|root|home)\/[\w.]/
    ).map {
      Offence(file, $0, "a path of one machine")
    }
  }

  /// A file is named for a type or a function that it declares, or `Type+Topic` for what it extends.
  static func fileName(_ file: SourceFile) -> [Offence] {
    let wanted = file.name.split(separator: "+")[0].lowercased()
    let declaration =
      /\b(?:struct|class|enum|actor|protocol|typealias|extension|func|let|var)\s+([\w.]+)/
    let names = file.code.flatMap { line -> [String] in
      guard line.lowercased().contains(wanted) else { return [] }
      return line.matches(of: declaration).map {
        $0.1.split(separator: ".").last?.lowercased() ?? ""
      }
    }
    return names.contains(wanted)
      ? [] : [Offence(file, 1, "it declares nothing named \(file.name)")]
  }
}
