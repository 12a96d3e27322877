// SPDX-License-Identifier: Apache-2.0

import Synchronization
package import TendonModel

/// Makes the JSON of what many values have in common once, instead of with each of them: a thousand records hold one spec.
///
/// An encoder that has this object in its `userInfo`, under `sharedPartMarks`, encodes a mark in place of such a part;
/// `splice` puts the part's JSON where its mark is. What comes out is what comes out without it. For one value at a time.
package final class JSONSplices: SharedPartMarks {
  private struct Name: Hashable {
    var owner: ObjectIdentifier
    var part: SharedPart
  }

  private struct Entry {
    /// Kept, so that its address is no other's.
    var owner: any AnyObject & Sendable
    var value: any Encodable & Sendable
    var json: [UInt8]?
  }

  private struct State {
    var numbers: [Name: Int] = [:]
    var entries: [Entry] = []
  }

  /// How many parts are kept; a host has about as many services.
  private static let most = 128
  private static let digits = 8

  private let state = Mutex(State())
  /// What no text of a user holds, since nobody can know it.
  private let secret: String
  /// A mark's beginning in JSON: the quote and the secret.
  private let beginning: [UInt8]

  package init() {
    let numbers = (0..<2).map { _ in
      String(UInt64.random(in: .min ... .max), radix: 36)
    }
    secret = "splice-" + numbers.joined(separator: "-") + "-"
    beginning = Array("\"\(secret)".utf8)
  }

  package func mark(
    _ part: SharedPart, of owner: any AnyObject & Sendable,
    _ value: @autoclosure () -> any Encodable & Sendable
  ) -> String {
    let number = state.withLock { state in
      let name = Name(owner: ObjectIdentifier(owner), part: part)
      if let number = state.numbers[name] { return number }
      state.numbers[name] = state.entries.count
      state.entries.append(Entry(owner: owner, value: value()))
      return state.entries.count - 1
    }
    let text = String(number)
    return secret + String(repeating: "0", count: Self.digits - text.count) + text
  }

  /// - Parameter json: as an encoder with this object has made it.
  /// - Parameter encode: makes a part's JSON; without this object.
  package func splice(
    _ json: some Collection<UInt8>, encode: (any Encodable) throws -> [UInt8]
  ) rethrows -> [UInt8] {
    let json = Array(json)
    return try state.withLock { state in
      var whole: [UInt8] = []
      var done = 0
      while let place = find(in: json, from: done) {
        let digits = (place + beginning.count)..<(place + beginning.count + Self.digits)
        let number = json[digits].reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        let part = try state.entries[number].json ?? encode(state.entries[number].value)
        state.entries[number].json = part
        whole += json[done..<place]
        whole += part
        // And the closing quote.
        done = digits.upperBound + 1
      }
      whole += json[done...]
      if state.entries.count > Self.most { state = State() }
      return whole
    }
  }

  private func find(in json: [UInt8], from start: Int) -> Int? {
    json.withUnsafeBufferPointer { bytes in
      var place = start
      while place + beginning.count + Self.digits < bytes.count {
        // Strings begin often, but few of them so.
        if bytes[place] == beginning[0], bytes[place + 1] == beginning[1],
          bytes[place..<place + beginning.count].elementsEqual(beginning)
        {
          return place
        }
        place += 1
      }
      return nil
    }
  }
}
