// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import TendonClient

/// Which coordinator to ask, and the token that proves the right to.
struct Connection: Hashable {
  let address: ServerAddress
  let token: String

  /// Options go before variables. An empty variable counts as none.
  /// - Throws: `CLIError.badInput` that says what to set.
  init(server: String?, tokenFile: String?, environment: [String: String]) throws(CLIError) {
    func variable(_ name: String) -> String? {
      environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
    guard let server = server ?? variable("TENDON_SERVER") else {
      throw .badInput(
        "no coordinator is named: set TENDON_SERVER to its address, such as http://10.0.0.1:7480, "
          + "or give --server")
    }
    do {
      address = try ServerAddress(server)
    } catch {
      throw .badInput(error.description)
    }
    if let tokenFile {
      token = try Self.token(inFile: tokenFile)
    } else if let text = variable("TENDON_TOKEN") {
      token = try Self.token(text, from: "TENDON_TOKEN")
    } else if let file = variable("TENDON_TOKEN_FILE") {
      token = try Self.token(inFile: file)
    } else {
      throw .badInput(
        "no API token is given: set TENDON_TOKEN_FILE to the coordinator's api-token file or "
          + "TENDON_TOKEN to the token itself, or give --token-file")
    }
  }

  private static func token(inFile path: String) throws(CLIError) -> String {
    let data: Data
    do {
      data = try Data(contentsOf: URL(filePath: path))
    } catch {
      throw .badInput("cannot read the token file \(path): \(FileFault.reason(error))")
    }
    return try token(String(decoding: data.prefix(4096), as: UTF8.self), from: path)
  }

  /// A token goes into a header line, so it is visible ASCII.
  private static func token(_ text: String, from source: String) throws(CLIError) -> String {
    let token = text.trimmed(of: \.isWhitespace)
    guard !token.isEmpty else { throw .badInput("\(source) holds no token") }
    guard token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw .badInput("\(source) holds something that is not a token")
    }
    return token
  }
}

extension String {
  /// The text without what `drop` says of its ends.
  func trimmed(of drop: (Character) -> Bool) -> String {
    var result = self[...].drop(while: drop)
    while let last = result.last, drop(last) { result = result.dropLast() }
    return String(result)
  }
}
