// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird
import NIOCore
import TendonModel

/// Commands run inside instances: users' requests and agents'.
extension APIRouter {
  mutating func addExecs() {
    let coordinator = coordinator
    on(.post, "/v1/instances/{id}/exec") { request, context in
      let id = try context.instance()
      // Kept with the request: listening for a hang-up ends the program where a body was read that is not there.
      var request = request
      let exec = try JSON.decode(
        ExecRequest.self, from: try await request.collectBody(upTo: APIContext.largestBody))
      try Self.check(exec)
      let running = try await coordinator.exec(exec, in: id)
      var response = Self.bytes(running.output, of: request) {
        coordinator.execs.remove(running.number)
      }
      response.headers[values: Self.numberHeader] = [String(running.number)]
      return response
    }
    on(.post, "/v1/execs/{number}/input") { request, context in
      let number = try Self.number(context)
      guard let input = coordinator.execs.send(to: number) else {
        throw APIError(
          code: .notFound, message: "there is no exec \(number) that waits for its input")
      }
      input.begin(hangUp: context.hangUp)
      // Also when the user's connection breaks: the agent takes the end for a hang-up.
      defer { input.finish() }
      for try await chunk in request.body {
        guard await input.send(chunk) else { break }
      }
      return Response(status: .noContent)
    }
    on(.get, "/v1/agents/{host}/execs/{number}/input", for: .agents) { request, context in
      let number = try Self.number(context)
      guard let input = coordinator.execs.take(number, host: try context.host()) else {
        throw APIError(code: .notFound, message: "nobody has anything for exec \(number)")
      }
      return Self.bytes(input, of: request)
    }
  }

  private static let numberHeader = {
    guard let name = HTTPField.Name(ExecRequest.numberHeader) else {
      preconditionFailure("\(ExecRequest.numberHeader) is a header's name")
    }
    return name
  }()

  private static func number(_ context: APIContext) throws -> UInt64 {
    let text = try context.parameters.require("number")
    guard let number = UInt64(text) else {
      throw APIError(code: .badRequest, message: "\"\(text)\" is not the number of an exec")
    }
    return number
  }

  private static func check(_ exec: ExecRequest) throws(APIError) {
    guard let program = exec.command.first, !program.isEmpty else {
      throw .bad("command", "name a program, and its arguments")
    }
    let size = exec.command.reduce(0) { $0 + $1.utf8.count + 1 }
    guard size <= 64 << 10, exec.command.count <= 1024 else {
      throw .bad("command", "is longer than 64 KiB or 1024 arguments")
    }
    for text in exec.command + [exec.terminalType ?? "", exec.user ?? "", exec.by ?? ""]
    where text.utf8.contains(0) {
      throw .bad("command", "a text with a NUL can't be given to a program")
    }
  }
}
