// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonModel

/// A service or one of its instances, as a person names it: `web`, `web.0` or `web/0`.
enum SubjectArgument: Hashable {
  case service(ServiceName)
  case instance(InstanceID)

  init(_ text: String) throws(IdentifierError) {
    if let slash = text.lastIndex(of: "/") {
      let slot = text[text.index(after: slash)...]
      self = .instance(try InstanceID("\(text[..<slash]).\(slot)"))
    } else if text.contains(".") {
      self = .instance(try InstanceID(text))
    } else {
      self = .service(try ServiceName(text))
    }
  }

  var service: ServiceName {
    switch self {
    case .service(let name): name
    case .instance(let id): id.service
    }
  }

  var slot: Int? {
    switch self {
    case .service: nil
    case .instance(let id): id.slot
    }
  }

  /// The name as the API takes it.
  var name: String {
    switch self {
    case .service(let name): name.rawValue
    case .instance(let id): id.description
    }
  }

  /// Accepts only an instance.
  static func instance(_ text: String) throws -> InstanceID {
    switch try SubjectArgument(text) {
    case .instance(let id): return id
    case .service:
      throw ValidationError("\"\(text)\" names a service; an instance is named like \(text).0")
    }
  }
}
