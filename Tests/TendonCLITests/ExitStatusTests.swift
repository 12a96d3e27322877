// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonClient
import TendonModel
import Testing

@testable import tendon

@Suite("Exit statuses")
struct ExitStatusTests {
  @Test(
    "A refusal's code decides the status.",
    arguments: [
      (.badRequest, 2), (.tooLarge, 2), (.unauthorized, 5), (.notFound, 4), (.conflict, 5),
      (.timedOut, 1), (.unavailable, 1), (.internalError, 1),
    ] as [(APIError.Code, Int32)])
  func refusals(_ code: APIError.Code, _ status: Int32) {
    let refusal = ClientError.refused(APIError(code: code, message: "m"), status: code.status)
    #expect(Failure(refusal).status == status)
    #expect(Failure(refusal).text == "tendon: m")
  }

  @Test("Every other error has its status.")
  func others() throws {
    let address = try ServerAddress("http://a:1")
    #expect(Failure(ClientError.unreachable(address, why: "w")).status == 3)
    #expect(
      Failure(ClientError.unreachable(address, why: "w")).text
        == "tendon: cannot reach http://a:1: w")
    #expect(Failure(ClientError.malformedAnswer(address, why: "w")).status == 1)
    #expect(Failure(CLIError.badInput("b")).status == 2)
    #expect(Failure(CLIError.notFound("n")).status == 4)
    #expect(Failure(CLIError.notInForce(["k"])).status == 5)
    #expect(Failure(CLIError.notDone("d", missing: [])).status == 1)
    #expect(Failure(ConsoleError.failed(errno: 28)).status == 1)
    #expect(Failure(ConsoleError.closed).status == 141)
    #expect(Failure(ConsoleError.closed).text.isEmpty)
    // A command's own status goes through, also where it would mean something else of ours.
    #expect(Failure(ExitCode(64)).status == 64 && Failure(ExitCode(64)).text.isEmpty)
  }

  @Test("Faults of specs are lines of their own, before the summary.")
  func specs() {
    let details = [
      ErrorDetail(file: "a.yaml", line: 3, column: 5, subject: "cpu.limit", message: "bad"),
      ErrorDetail(file: "b", message: "no such file"),
    ]
    #expect(
      Failure(CLIError.badSpecs(details)).text
        == "a.yaml:3:5: cpu.limit: bad\nb: no such file\ntendon: 2 errors, nothing was applied")
  }
}
