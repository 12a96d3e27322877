// SPDX-License-Identifier: Apache-2.0
import NIOCore
import Testing

@testable import TendonClient

@Suite("JSON lines")
struct JSONLinesTests {
  private func split(_ chunks: [String], bound: Int = 100) throws -> [String] {
    var lines = JSONLines(maximumLineBytes: bound)
    return try chunks.flatMap { chunk in
      try lines.lines(endingIn: ByteBuffer(string: chunk)).map { String(buffer: $0) }
    }
  }

  @Test(
    "Lines come out whole however the bytes are cut.",
    arguments: [
      (["a\nb\n"], ["a", "b"]), (["a", "\n", "b\n"], ["a", "b"]),
      (["ab", "cd\nef", "\n"], ["abcd", "ef"]),
      (["\n\n a\n\n"], [" a"]), (["a\r\n", "b\r", "\n", "\r\n"], ["a", "b"]), ([], []), (["a"], []),
      (["", "a\n", ""], ["a"]), (["数", "中\n"], ["数中"]),
    ])
  func cuts(_ chunks: [String], _ expected: [String]) throws {
    #expect(try split(chunks) == expected)
  }

  @Test("Every way to cut one text in two gives the same lines.")
  func everyCut() throws {
    let text = Array("{\"a\":1}\n\n{\"b\":\"中文\"}\r\n{}\n".utf8)
    for cut in 0...text.count {
      var lines = JSONLines(maximumLineBytes: 100)
      let found =
        try lines.lines(endingIn: ByteBuffer(bytes: text[..<cut]))
        + lines.lines(endingIn: ByteBuffer(bytes: text[cut...]))
      #expect(found.map { String(buffer: $0) } == ["{\"a\":1}", "{\"b\":\"中文\"}", "{}"])
      #expect(!lines.isInsideLine)
    }
  }

  @Test("A line of just the bound passes; one byte more does not, finished or not.")
  func bound() throws {
    #expect(try split(["1234\n"], bound: 4) == ["1234"])
    #expect(throws: LineTooLong(maximumBytes: 4)) { try split(["12345\n"], bound: 4) }
    #expect(throws: LineTooLong(maximumBytes: 4)) { try split(["12", "345"], bound: 4) }
    #expect(throws: LineTooLong(maximumBytes: 4)) { try split(["123", "45\n"], bound: 4) }
  }

  @Test("An unfinished line is known to be one.")
  func insideLine() throws {
    var lines = JSONLines(maximumLineBytes: 10)
    _ = try lines.lines(endingIn: ByteBuffer(string: "a\nb"))
    #expect(lines.isInsideLine)
    _ = try lines.lines(endingIn: ByteBuffer(string: "\n"))
    #expect(!lines.isInsideLine)
  }
}
