// SPDX-License-Identifier: Apache-2.0

import TendonModel
import TendonSpec
import Testing

struct LogSettingsSpecTests {
  @Test(
    "Where logs go and how much is kept is read, written back and read again.",
    arguments: [
      ("", LogSettings()), ("logs: {}", LogSettings()),
      ("logs: {to: journald}", LogSettings(target: .journald)),
      ("logs: {max_size: 1Gi, keep: 7}", LogSettings(maxSize: Bytes(1 << 30), keep: 7)),
    ])
  func good(text: String, expected: LogSettings) throws {
    let spec = try #require(try parsed("name: a\ncommand: [x]\n" + text).first)
    #expect(spec.logs == expected)
    #expect(try parsed(SpecWriter.yaml(spec)) == [spec])
  }

  @Test(
    "Faults have their place and say what is right.",
    arguments: [
      BadCase("logs: {to: syslog}", at: 12, "logs.to", "is not one of files, journald"),
      BadCase("logs: {max_size: 1k}", at: 18, "logs.max_size", "outside 256Ki to 1Ti"),
      BadCase("logs: {max_size: lots}", at: 18, "logs.max_size", "is not an amount of bytes"),
      BadCase("logs: {keep: 0}", at: 14, "logs.keep", "outside 1 to 100"),
      BadCase("logs: {maxsize: 1Mi}", at: 8, "logs.maxsize", "did you mean max_size?"),
    ])
  func bad(_ bad: BadCase) {
    let errors = SpecParser.parse([SpecSource(text: bad.text)]).errors
    #expect(errors.count == 1)
    #expect(errors.first?.line == bad.line && errors.first?.column == bad.column)
    #expect(errors.first?.subject == bad.path)
    #expect(errors.first?.message.contains(bad.says) == true, "\(errors)")
  }
}
