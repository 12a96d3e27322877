// SPDX-License-Identifier: Apache-2.0

/// Exact parsing of `digits[.digits]suffix`, so that `1.1Gi` never passes through binary floating point.
enum DecimalText {
  /// Splits a text into its decimal number and its suffix; nil when it does not begin with a digit.
  static func split(_ text: String) -> (number: Substring, suffix: Substring)? {
    let end =
      text.firstIndex { !($0.isASCII && ($0.isNumber || $0 == ".")) } ?? text.endIndex
    let number = text[..<end]
    guard let first = number.first, first != ".", number.last != ".",
      number.count(where: { $0 == "." }) <= 1
    else { return nil }
    return (number, text[end...])
  }

  /// `number` times `multiplier`, rounded up to a whole; nil when it does not fit into 63 bits.
  static func scaled(_ number: Substring, by multiplier: Int64) -> Int64? {
    let parts = number.split(separator: ".", maxSplits: 1)
    guard let whole = Int64(parts[0]) else { return nil }
    let (high, overflow) = whole.multipliedReportingOverflow(by: multiplier)
    guard !overflow else { return nil }
    guard parts.count == 2 else { return high }
    // Digits past the 18th change the value by less than one unit of any multiplier in use.
    let digits = parts[1].prefix(18)
    guard let fraction = Int64(digits) else { return nil }
    var denominator: Int64 = 1
    for _ in digits { denominator *= 10 }
    let product = fraction.multipliedFullWidth(by: multiplier)
    let (quotient, remainder) = denominator.dividingFullWidth(product)
    let (sum, carry) = high.addingReportingOverflow(quotient + (remainder > 0 ? 1 : 0))
    return carry ? nil : sum
  }
}
