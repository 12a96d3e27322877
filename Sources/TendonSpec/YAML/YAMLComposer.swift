// SPDX-License-Identifier: Apache-2.0

/// Builds documents from YAML events: follows aliases and merge keys (`<<`), and bounds what a text
/// may make of itself.
struct YAMLComposer: ~Copyable {
  /// The longest text that is read, in bytes of UTF-8.
  static let largestText = 4 << 20
  /// How deep lists and mappings may lie in each other, aliases followed.
  static let deepest = 64
  /// How many values one text may hold, each alias counted as all that it stands for.
  static let mostNodes = 100_000

  /// The documents that could be read, and why the others could not.
  struct Stream {
    var documents: [YAMLNode] = []
    var faults: [YAMLFault] = []
  }

  /// A node, with what following an alias to it costs.
  fileprivate struct Composed {
    var node: YAMLNode
    var size = 1
    var height = 1
  }

  private var reader: YAMLEventReader
  private var anchors: [String: Composed] = [:]
  private var nodes = 0
  private var faults: [YAMLFault] = []

  private init(_ input: UnsafeBufferPointer<UInt8>) throws(YAMLFault) {
    reader = try YAMLEventReader(input)
  }

  /// Reads all documents of a text. After a syntax error the rest is not read; what came before is
  /// kept.
  static func read(_ text: String) -> Stream {
    let bytes = Array(text.utf8)
    if bytes.isEmpty { return Stream() }
    guard bytes.count <= largestText else {
      let message = "has \(bytes.count) bytes; at most \(largestText) are read"
      return Stream(faults: [YAMLFault(mark: .start, message: message)])
    }
    return bytes.withUnsafeBufferPointer { buffer in
      do throws(YAMLFault) {
        var composer = try YAMLComposer(buffer)
        return composer.stream()
      } catch {
        return Stream(faults: [error])
      }
    }
  }

  private mutating func stream() -> Stream {
    var documents: [YAMLNode] = []
    do throws(YAMLFault) {
      reading: while true {
        switch try reader.next().kind {
        case .streamEnd: break reading
        case .documentStart:
          anchors = [:]
          documents.append(try compose(reader.next(), depth: 1).node)
        default: continue
        }
      }
    } catch {
      faults.append(error)
    }
    return Stream(documents: documents, faults: faults)
  }

  private mutating func compose(_ event: YAMLEvent, depth: Int) throws(YAMLFault) -> Composed {
    try count(1, at: event.mark)
    guard depth <= Self.deepest else { throw YAMLFault.tooDeep(event.mark) }
    var composed: Composed
    switch event.kind {
    case .alias(let name):
      return try follow(name, at: event.mark, depth: depth)
    case .scalar(let text, let plain):
      composed = Composed(node: scalar(text, plain: plain, event))
    case .sequenceStart:
      checkTag(of: event, against: "seq")
      composed = try sequence(at: event.mark, depth: depth)
    case .mappingStart:
      checkTag(of: event, against: "map")
      composed = try mapping(at: event.mark, depth: depth)
    default:
      throw YAMLFault(mark: event.mark, message: "not valid YAML: a value is missing here")
    }
    if let anchor = event.anchor { anchors[anchor] = composed }
    return composed
  }

  private mutating func follow(
    _ name: String, at mark: Mark, depth: Int
  ) throws(YAMLFault) -> Composed {
    guard var target = anchors[name] else {
      throw YAMLFault(mark: mark, message: "the alias *\(name) has no anchor &\(name) before it")
    }
    try count(target.size, at: mark)
    guard depth + target.height - 1 <= Self.deepest else { throw YAMLFault.tooDeep(mark) }
    target.node.mark = mark
    return target
  }

  private mutating func sequence(at mark: Mark, depth: Int) throws(YAMLFault) -> Composed {
    var composed = Composed(node: YAMLNode(mark: mark, content: .sequence([])))
    var items: [YAMLNode] = []
    var event = try reader.next()
    while !event.kind.isSequenceEnd {
      let item = try compose(event, depth: depth + 1)
      composed.include(item)
      items.append(item.node)
      event = try reader.next()
    }
    composed.node.content = .sequence(items)
    return composed
  }

  private mutating func mapping(at mark: Mark, depth: Int) throws(YAMLFault) -> Composed {
    var composed = Composed(node: YAMLNode(mark: mark, content: .mapping([])))
    var entries: [YAMLEntry] = []
    var merges: [YAMLNode] = []
    var event = try reader.next()
    while !event.kind.isMappingEnd {
      let key = try compose(event, depth: depth + 1)
      let value = try compose(reader.next(), depth: depth + 1)
      composed.include(key)
      composed.include(value)
      if case .scalar("<<", plain: true) = key.node.content {
        merges.append(value.node)
      } else {
        entries.append(YAMLEntry(key: key.node, value: value.node))
      }
      event = try reader.next()
    }
    composed.node.content = .mapping(merges.isEmpty ? entries : merged(entries, with: merges))
    return composed
  }

  /// The entries and, below them, those of the merged mappings whose keys are not there yet
  /// (yaml.org/type/merge.html).
  private mutating func merged(_ entries: [YAMLEntry], with merges: [YAMLNode]) -> [YAMLEntry] {
    var result = entries
    var known = Set(entries.compactMap(\.key.text))
    var sources: [YAMLNode] = []
    for merge in merges {
      if case .sequence(let list) = merge.content { sources += list } else { sources.append(merge) }
    }
    for source in sources {
      guard case .mapping(let more) = source.content else {
        faults.append(YAMLFault(mark: source.mark, message: "only a mapping can be merged with <<"))
        continue
      }
      for entry in more {
        guard let key = entry.key.text, known.insert(key).inserted else { continue }
        result.append(entry)
      }
    }
    return result
  }

  private mutating func scalar(_ text: String, plain: Bool, _ event: YAMLEvent) -> YAMLNode {
    var plain = plain
    if let tag = event.tag {
      checkTag(of: event, against: "str", "int", "float", "bool", "null")
      plain = tag != Self.tagPrefix + "str"
    }
    if text.unicodeScalars.contains("\0") {
      faults.append(
        YAMLFault(
          mark: event.mark, message: "holds a NUL character, which cannot be given to a program"))
    }
    return YAMLNode(mark: event.mark, content: .scalar(text, plain: plain))
  }

  private static let tagPrefix = "tag:yaml.org,2002:"

  private mutating func checkTag(of event: YAMLEvent, against known: String...) {
    guard let tag = event.tag, !known.contains(where: { Self.tagPrefix + $0 == tag }) else {
      return
    }
    faults.append(
      YAMLFault(mark: event.mark, message: "the tag \(tag.quotedForPeople) has no meaning here"))
  }

  private mutating func count(_ more: Int, at mark: Mark) throws(YAMLFault) {
    nodes += more
    guard nodes <= Self.mostNodes else {
      throw YAMLFault(
        mark: mark,
        message: "holds more than \(Self.mostNodes) values, aliases followed; the rest is not read")
    }
  }
}

extension YAMLComposer.Composed {
  fileprivate mutating func include(_ inner: Self) {
    size += inner.size
    height = max(height, inner.height + 1)
  }
}

extension YAMLEvent.Kind {
  fileprivate var isSequenceEnd: Bool { if case .sequenceEnd = self { true } else { false } }
  fileprivate var isMappingEnd: Bool { if case .mappingEnd = self { true } else { false } }
}
