// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// A text with specs: one or several YAML documents, or JSON.
package struct SpecSource: Hashable, Sendable {
  /// The file's name as the user gave it, for errors; nil where there is no file.
  package var name: String?
  package var text: String

  package init(name: String? = nil, text: String) {
    self.name = name
    self.text = text
  }
}

/// What came of reading specs.
package struct SpecParseResult: Hashable, Sendable {
  /// In the order of the sources; empty when there is any error.
  package var specs: [ServiceSpec]
  /// Everything that is wrong, in the order of the sources and of the lines.
  package var errors: [ErrorDetail]
}

/// Reads specs.
package enum SpecParser {
  /// The most errors that are told of one source.
  package static let mostErrors = 100

  /// Reads all sources as one set: a service's name may occur once in it.
  ///
  /// Nothing is thrown: every fault of every source comes back as an error with file, line, column
  /// and the key's path. Of a source with a syntax error, what comes before the error is checked
  /// too.
  package static func parse(_ sources: [SpecSource]) -> SpecParseResult {
    var reading = SpecReading()
    for source in sources { reading.read(source) }
    return SpecParseResult(
      specs: reading.errors.isEmpty ? reading.specs : [], errors: reading.errors)
  }
}

/// The state of reading several sources.
private struct SpecReading {
  private(set) var specs: [ServiceSpec] = []
  private(set) var errors: [ErrorDetail] = []
  private var owners: [ServiceName: String] = [:]

  mutating func read(_ source: SpecSource) {
    let stream = YAMLComposer.read(source.text)
    var faults = stream.faults.map {
      ShapeFault(mark: $0.mark, path: SpecPath(), message: $0.message)
    }
    let documents = stream.documents.filter { !$0.isNull }
    for document in documents { faults += read(document, of: source) }
    if documents.isEmpty && faults.isEmpty {
      faults.append(
        ShapeFault(
          mark: .start, path: SpecPath(),
          message: "holds no service; a service has at least a name and a command"))
    }
    report(faults, of: source)
  }

  private mutating func read(_ document: YAMLNode, of source: SpecSource) -> [ShapeFault] {
    var decoder = SpecDecoder(document)
    let spec = decoder.spec()
    var faults = decoder.faults
    if let name = decoder.name {
      let place = [source.name, "line \(decoder.nameMark.line)"].compactMap { $0 }
      if let owner = owners[name] {
        faults.append(
          ShapeFault(
            mark: decoder.nameMark, path: SpecPath(["name"]),
            message: "the service \(name) is already defined in \(owner)"))
      } else {
        owners[name] = place.joined(separator: ", ")
      }
    }
    if let spec { specs.append(spec) }
    return faults
  }

  private mutating func report(_ faults: [ShapeFault], of source: SpecSource) {
    // Swift's sort is stable: what lies at one place stays in the order in which it was found.
    let sorted = faults.sorted { $0.mark < $1.mark }
    errors += sorted.prefix(SpecParser.mostErrors).map { $0.detail(in: source.name) }
    if sorted.count > SpecParser.mostErrors {
      errors.append(
        ErrorDetail(
          file: source.name,
          message: "and \(sorted.count - SpecParser.mostErrors) more errors, not shown"))
    }
  }
}
