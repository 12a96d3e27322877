// SPDX-License-Identifier: Apache-2.0
import TendonModel
import Testing

@testable import tendon

@Suite("Output")
struct OutputTests {
  @Test(
    "Bytes are short.",
    arguments: [
      (0, "0"), (1, "1B"), (1023, "1023B"), (1024, "1Ki"), (1536, "1.5Ki"), (12_900_000, "12.3Mi"),
      (134_217_728, "128Mi"), (1_073_741_823, "1Gi"), (1_610_612_736, "1.5Gi"), (.max, "16Ei"),
      (102_400, "100Ki"), (1_048_575, "1Mi"),
    ] as [(UInt64, String)])
  func bytes(_ value: UInt64, _ text: String) {
    #expect(HumanUnits.bytes(value) == text)
  }

  @Test(
    "CPU is in thousandths below one, then in CPUs.",
    arguments: [
      (0, "0"), (1, "1m"), (250, "250m"), (999, "999m"), (1000, "1"), (1250, "1.25"), (1500, "1.5"),
      (1005, "1.01"), (1999, "2"), (12_040, "12.04"),
    ] as [(UInt32, String)])
  func cpu(_ milli: UInt32, _ text: String) {
    #expect(HumanUnits.cpu(milli: milli) == text)
  }

  @Test(
    "Ages have two units at most.",
    arguments: [
      (-5, "0s"), (0, "0s"), (59_999, "59s"), (60_000, "1m"), (312_000, "5m12s"),
      (12_000_000, "3h20m"),
      (3_600_000, "1h"), (356_400_000, "4d3h"), (86_400_000, "1d"),
    ] as [(Int64, String)])
  func ages(_ milliseconds: Int64, _ text: String) {
    #expect(HumanUnits.age(milliseconds: milliseconds) == text)
  }

  @Test(
    "Short times keep a digit after the point.",
    arguments: [
      (85, "85us"), (1234, "1.2ms"), (8123, "8.1ms"), (250_000, "250ms"), (3_400_000, "3.4s"),
    ]
      as [(Int64, String)])
  func microseconds(_ value: Int64, _ text: String) {
    #expect(HumanUnits.microseconds(value) == text)
  }

  @Test(
    "A terminal's columns are counted, not characters.",
    arguments: [
      ("", 0), ("web.0", 5), ("主机一", 6), ("ｆｕｌｌ", 8), ("é", 1), ("e\u{301}", 1), ("한글", 4),
      ("🚀", 2),
      ("✔", 1), ("✔\u{FE0F}", 2), ("カ゛", 4), ("ｱ", 1), ("👩‍👩‍👧", 2), ("\u{200B}", 0),
    ])
  func widths(_ text: String, _ width: Int) {
    #expect(DisplayWidth.of(text) == width)
  }

  @Test("Columns line up, also with wide characters, and no line ends in spaces.")
  func table() {
    var table = Table([("NAME", .left), ("N", .right), ("NOTE", .left)])
    let rows: [[Cell]] = [["web", "1", "主机一 is down"], ["网站", "100", ""]]
    #expect(
      table.text(rows, hasColours: false) == """
        NAME    N  NOTE
        web     1  主机一 is down
        网站  100  -
        """)
    #expect(table.text(next: ["a", "2", "x"], hasColours: false) == "a       2  x")
  }

  @Test("Colours surround the text, not the padding, and are left out where not wanted.")
  func colours() {
    var table = Table("A", "B")
    let rows = [[Cell("x", .good), Cell("y", .bad)]]
    #expect(
      table.text(rows, hasColours: true)
        == "\u{1B}[1mA\u{1B}[0m  \u{1B}[1mB\u{1B}[0m\n\u{1B}[32mx\u{1B}[0m  \u{1B}[31my\u{1B}[0m")
    #expect(table.text(rows, hasColours: false) == "A  B\nx  y")
  }

  @Test("Control characters from elsewhere do not reach the terminal.")
  func control() {
    #expect(Cell("a\nb\tc").text == "a b c")
    #expect(Cell("\u{1B}[31mred\u{7}\u{9B}").text == "\\u{1b}[31mred\\u{7}\\u{9b}")
  }

  @Test("Colours need a terminal that has them and a user who has not said no.")
  func wantsColours() {
    #expect(Console(environment: [:], isTerminal: true).hasColours)
    #expect(Console(environment: ["NO_COLOR": ""], isTerminal: true).hasColours)
    #expect(!Console(environment: ["NO_COLOR": "1"], isTerminal: true).hasColours)
    #expect(!Console(environment: ["TERM": "dumb"], isTerminal: true).hasColours)
    #expect(!Console(environment: [:], isTerminal: false).hasColours)
  }
}
