// SPDX-License-Identifier: Apache-2.0

/// The targets of the Makefile, and those that a text tells its reader to make.
enum MakeTargets {
  /// Names before the colon of a rule; a `%` stands for anything.
  static func defined(in file: SourceFile) -> [String] {
    file.lines.flatMap { line -> [String] in
      guard let match = line.prefixMatch(of: /([a-z][\w% -]*):(?!=)/) else { return [] }
      return match.1.split(separator: " ").map(String.init)
    }
  }

  /// `make NAME` at the beginning of a line or of a code span.
  static func named(in file: SourceFile) -> [(line: Int, target: String)] {
    file.lines.indices.flatMap { index in
      file.lines[index].matches(of: /(?:^|`)make ([a-z][a-z-]*[a-z])/).map { match in
        (index + 1, String(match.1))
      }
    }
  }

  static func missing(from makefile: SourceFile, in text: SourceFile) -> [Offence] {
    let targets = defined(in: makefile)
    return named(in: text).filter { named in
      !targets.contains { target in
        target == named.target
          || target.hasSuffix("%") && named.target.hasPrefix(String(target.dropLast()))
      }
    }
    .map { Offence(text, $0.line, "the Makefile has no target \($0.target)") }
  }
}
