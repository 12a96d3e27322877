// SPDX-License-Identifier: Apache-2.0

/// One step of reading YAML (YAML 1.2.2, section 3.1: the serialization's event stream).
struct YAMLEvent {
  enum Kind {
    case streamStart, streamEnd, documentStart, documentEnd
    case alias(String)
    case scalar(String, plain: Bool)
    case sequenceStart, sequenceEnd, mappingStart, mappingEnd
  }

  let kind: Kind
  let mark: Mark
  /// `name` of `&name`; nil where there is none.
  var anchor: String?
  /// An explicit tag in full, such as `tag:yaml.org,2002:str`; nil where there is none.
  var tag: String?
}
