// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// What a quantity must look like, without its type.
struct QuantityRule: Sendable {
  let expected: String
  let pattern: String
  /// Whether a number without a unit is one (`cpu: 2`, `memory: 4096`).
  let takesNumbers: Bool
  let accepts: @Sendable (String) -> Bool

  init<Value: Quantity>(_ type: Value.Type) {
    expected = Value.expected
    pattern = Value.pattern
    // A quantity that cannot be read from "1" throws: there is nothing else to learn from the
    // error.
    takesNumbers = (try? Value("1")) != nil
    accepts = { (try? Value($0)) != nil }  // the message is made from `expected`
  }
}
