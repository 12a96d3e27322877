// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// One thing that is wrong in a document.
struct ShapeFault: Hashable, Sendable {
  let mark: Mark
  /// Empty when the document as a whole is meant.
  let path: SpecPath
  let message: String

  /// The fault as users see it.
  func detail(in file: String?) -> ErrorDetail {
    ErrorDetail(
      file: file, line: mark.line, column: mark.column,
      subject: path.isEmpty ? nil : path.description, message: message)
  }
}

/// Where a value lies in a document: `resources.cpu.limit`, `command[1]`.
struct SpecPath: Hashable, Sendable, CustomStringConvertible {
  enum Step: Hashable, Sendable {
    case key(String)
    case index(Int)
  }

  private(set) var steps: [Step] = []

  init(_ keys: [String] = []) { steps = keys.map(Step.key) }

  var isEmpty: Bool { steps.isEmpty }

  func appending(_ key: String) -> Self {
    var path = self
    path.steps.append(.key(key))
    return path
  }

  func appending(_ index: Int) -> Self {
    var path = self
    path.steps.append(.index(index))
    return path
  }

  var description: String {
    var text = ""
    for step in steps {
      switch step {
      case .key(let key): text += (text.isEmpty ? "" : ".") + key
      case .index(let index): text += "[\(index)]"
      }
    }
    return text
  }
}
