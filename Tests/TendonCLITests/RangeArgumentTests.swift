// SPDX-License-Identifier: Apache-2.0
import TendonModel
import Testing

@testable import tendon

@Suite("Arguments")
struct RangeArgumentTests {
  @Test(
    "A request and a limit are read in all their forms.",
    arguments: [
      ("500m:2", 500, .value(MilliCPU(2000))), ("500m:", 500, nil),
      (":2", nil, .value(MilliCPU(2000))),
      ("2", nil, .value(MilliCPU(2000))), (":max", nil, .max), ("max", nil, .max),
      ("1:max", 1000, .max), ("1:1", 1000, .value(MilliCPU(1000))),
      ("0:1", 0, .value(MilliCPU(1000))),
    ] as [(String, Int64?, Limit<MilliCPU>?)])
  func reads(_ text: String, _ request: Int64?, _ limit: Limit<MilliCPU>?) throws {
    let argument = try RangeArgument<MilliCPU>(text)
    #expect(argument.request == request.map { MilliCPU($0) })
    #expect(argument.limit == limit)
  }

  @Test(
    "What is neither is refused with its reason.",
    arguments: [
      ("", "must be REQUEST:LIMIT"), (":", "must be REQUEST:LIMIT"),
      ("1:2:3", "must be REQUEST:LIMIT"),
      ("max:2", "a request cannot be max"), ("3:2", "the request 3 is over the limit 2"),
      ("x", "\"x\" is not an amount of CPU"), ("1:x", "\"x\" is not an amount of CPU"),
      ("-1:2", "\"-1\" is not an amount of CPU"), ("1 :2", "\"1 \" is not an amount of CPU"),
    ])
  func refuses(_ text: String, _ reason: String) {
    let error = #expect(throws: CLIError.self) { try RangeArgument<MilliCPU>(text) }
    #expect(error?.description.contains(reason) == true)
  }

  @Test(
    "An instance is named with a dot or a slash.",
    arguments: [("web", "web"), ("web.0", "web.0"), ("web/12", "web.12"), ("a-b/0", "a-b.0")])
  func subjects(_ text: String, _ name: String) throws {
    #expect(try SubjectArgument(text).name == name)
  }

  @Test(
    "What can name neither a service nor an instance is refused.",
    arguments: ["", "Web", "web.", "web/", "web/x", "web.01", "web/-1", "/0", "a/b/0", "web.0.1"])
  func badSubjects(_ text: String) {
    #expect(throws: IdentifierError.self) { try SubjectArgument(text) }
  }
}
