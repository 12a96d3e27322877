// SPDX-License-Identifier: Apache-2.0

// libyaml, which comes with Yams. Yams' own composer is not used because it stops at the first
// mapping with a duplicate key, loses the place of an alias, and hashes keys of any size.
import CYaml

/// Reads a text as a series of YAML events; owns a libyaml parser.
struct YAMLEventReader: ~Copyable {
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let input: UnsafeBufferPointer<UInt8>

  /// - Parameter input: UTF-8, not empty, alive for as long as the reader.
  /// - Throws: when there is no memory.
  init(_ input: UnsafeBufferPointer<UInt8>) throws(YAMLFault) {
    precondition(!input.isEmpty, "libyaml asserts that there is input")
    self.input = input
    parser = .allocate(capacity: 1)
    guard yaml_parser_initialize(parser) == 1 else {
      parser.deallocate()
      throw YAMLFault(mark: .start, message: "there is not enough memory to read this")
    }
    yaml_parser_set_input_string(parser, input.baseAddress, input.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
  }

  /// The next event. Not to be called again after `streamEnd` or an error.
  mutating func next() throws(YAMLFault) -> YAMLEvent {
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) == 1 else { throw fault() }
    defer { yaml_event_delete(&event) }
    let mark = Mark(event.start_mark)
    let data = event.data
    switch event.type {
    case YAML_STREAM_START_EVENT: return YAMLEvent(kind: .streamStart, mark: mark)
    case YAML_STREAM_END_EVENT: return YAMLEvent(kind: .streamEnd, mark: mark)
    case YAML_DOCUMENT_START_EVENT: return YAMLEvent(kind: .documentStart, mark: mark)
    case YAML_DOCUMENT_END_EVENT: return YAMLEvent(kind: .documentEnd, mark: mark)
    case YAML_ALIAS_EVENT:
      return YAMLEvent(kind: .alias(Self.string(data.alias.anchor) ?? ""), mark: mark)
    case YAML_SCALAR_EVENT:
      let bytes = UnsafeBufferPointer(start: data.scalar.value, count: data.scalar.length)
      return YAMLEvent(
        kind: .scalar(
          String(decoding: bytes, as: UTF8.self),
          plain: data.scalar.style == YAML_PLAIN_SCALAR_STYLE),
        mark: mark, anchor: Self.string(data.scalar.anchor), tag: Self.string(data.scalar.tag))
    case YAML_SEQUENCE_START_EVENT:
      return YAMLEvent(
        kind: .sequenceStart, mark: mark, anchor: Self.string(data.sequence_start.anchor),
        tag: Self.string(data.sequence_start.tag))
    case YAML_SEQUENCE_END_EVENT: return YAMLEvent(kind: .sequenceEnd, mark: mark)
    case YAML_MAPPING_START_EVENT:
      return YAMLEvent(
        kind: .mappingStart, mark: mark, anchor: Self.string(data.mapping_start.anchor),
        tag: Self.string(data.mapping_start.tag))
    case YAML_MAPPING_END_EVENT: return YAMLEvent(kind: .mappingEnd, mark: mark)
    default: throw YAMLFault(mark: mark, message: "cannot be read as YAML")
    }
  }

  private static func string(_ text: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    text.map { String(cString: $0) }
  }

  /// The parser's error in one sentence, with the place.
  private func fault() -> YAMLFault {
    let problem = parser.pointee.problem.map { String(cString: $0) } ?? "cannot be read as YAML"
    switch parser.pointee.error {
    case YAML_MEMORY_ERROR:
      return YAMLFault(mark: .start, message: "there is not enough memory to read this")
    case YAML_READER_ERROR:
      return YAMLFault(mark: place(ofByte: parser.pointee.problem_offset), message: problem)
    case _ where problem.hasPrefix("Maximum nesting level"):
      return .tooDeep(Mark(parser.pointee.problem_mark))
    default:
      let mark = Mark(parser.pointee.problem_mark)
      var message = "not valid YAML: \(problem)"
      if let context = parser.pointee.context {
        message += " \(String(cString: context))"
        let begin = Mark(parser.pointee.context_mark)
        if begin.line != mark.line { message += " that begins in line \(begin.line)" }
      }
      if byte(at: parser.pointee.problem_mark.index) == UInt8(ascii: "\t") {
        message += "; a tab cannot indent, use spaces"
      }
      return YAMLFault(mark: mark, message: message)
    }
  }

  /// The byte at a libyaml index, which counts Unicode scalars.
  private func byte(at index: Int) -> UInt8? {
    String(decoding: input, as: UTF8.self).unicodeScalars.dropFirst(index).first
      .flatMap { UInt8(exactly: $0.value) }
  }

  private func place(ofByte offset: Int) -> Mark {
    var mark = Mark.start
    for scalar in String(decoding: input.prefix(offset), as: UTF8.self).unicodeScalars {
      if scalar == "\n" {
        mark = Mark(line: mark.line + 1, column: 1)
      } else {
        mark.column += 1
      }
    }
    return mark
  }
}

extension Mark {
  fileprivate init(_ mark: yaml_mark_t) {
    self.init(line: mark.line + 1, column: mark.column + 1)
  }
}
