// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TendonAgent

struct EnvFileTests {
  @Test("A value is the rest of its line; comments and empty lines are passed over.")
  func values() throws {
    let text = "# first\nA=1\n\n  # indented\nB=a b=c # no comment\r\nC=\n_9=\"quoted\"\nLAST=x"
    let file = try EnvFile(Array(text.utf8), path: "/e")
    #expect(
      file.variables.map { "\($0.line) \($0.name)=\($0.value)" } == [
        "2 A=1", "5 B=a b=c # no comment", "6 C=", "7 _9=\"quoted\"", "8 LAST=x",
      ])
    #expect(try EnvFile([], path: "/e").variables.isEmpty)
  }

  @Test(
    "What is wrong is told with file and line, and never with the value.",
    arguments: [
      ("A=1\nhunter2", "/e:2: is no NAME=value"),
      ("9A=hunter2", "/e:1: what stands before = is no variable's name"),
      ("=hunter2", "/e:1: what stands before ="),
      ("A B=hunter2", "/e:1: what stands before ="),
      ("A=hunter2\0", "/e: has a zero byte"),
    ])
  func faults(text: String, says: String) {
    let error = #expect(throws: EnvFileError.self) {
      _ = try EnvFile(Array(text.utf8), path: "/e")
    }
    #expect(error?.description.hasPrefix(says) == true, "\(String(describing: error))")
    #expect(error?.description.contains("hunter2") == false)
  }

  @Test("Bytes that are no UTF-8 are refused.")
  func notText() {
    let error = #expect(throws: EnvFileError.self) { _ = try EnvFile([65, 61, 0xFF], path: "/e") }
    #expect(error?.description == "/e: is not UTF-8")
  }
}
