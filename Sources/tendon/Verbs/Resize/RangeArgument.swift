// SPDX-License-Identifier: Apache-2.0
import TendonModel

/// A change of a request and a limit: `500m:2` both, `500m:` the request, `:2` or just `2` the limit.
struct RangeArgument<Value: Quantity>: Hashable {
  let request: Value?
  let limit: Limit<Value>?

  init(_ text: String) throws(CLIError) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard (1...2).contains(parts.count), parts.contains(where: { !$0.isEmpty }) else {
      throw .badInput("must be REQUEST:LIMIT, REQUEST:, :LIMIT or LIMIT")
    }
    do {
      if parts.count == 2 && !parts[0].isEmpty {
        if parts[0] == "max" {
          throw CLIError.badInput("a request cannot be max; it is what a host keeps free for it")
        }
        request = try Value(parts[0])
      } else {
        request = nil
      }
      let last = parts[parts.count - 1]
      limit = last.isEmpty ? nil : try Limit<Value>(last)
    } catch let error as CLIError {
      throw error
    } catch {
      throw .badInput(String(describing: error))
    }
    if let request, let limit, Limit.value(request) > limit {
      throw .badInput("the request \(request) is over the limit \(limit)")
    }
  }
}
