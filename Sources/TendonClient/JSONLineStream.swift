// SPDX-License-Identifier: Apache-2.0
import AsyncHTTPClient
import NIOCore
import TendonModel

/// The lines of a streamed answer, each decoded from JSON. It can be iterated once; to stop early, end
/// the iteration or cancel the task, and the connection is closed.
package struct JSONLineStream<Element: Decodable & Sendable>: AsyncSequence, Sendable {
  package typealias Failure = ClientError

  let body: HTTPClientResponse.Body
  let address: ServerAddress
  let largestLine: Int

  package func makeAsyncIterator() -> Iterator {
    Iterator(
      body: body.makeAsyncIterator(), address: address,
      splitter: JSONLines(maximumLineBytes: largestLine))
  }

  package struct Iterator: AsyncIteratorProtocol {
    package typealias Failure = ClientError

    var body: HTTPClientResponse.Body.AsyncIterator
    let address: ServerAddress
    var splitter: JSONLines
    var ready: ArraySlice<ByteBuffer> = []

    package mutating func next() async throws(ClientError) -> Element? {
      try await next(isolation: #isolation)
    }

    /// The next line; nil when the coordinator ended the stream after a whole line.
    package mutating func next(
      isolation actor: isolated (any Actor)?
    ) async throws(ClientError) -> Element? {
      while true {
        if let line = ready.popFirst() { return try decode(line) }
        let chunk: ByteBuffer?
        do {
          chunk = try await body.next(isolation: actor)
        } catch {
          throw ClientError(error, from: address)
        }
        guard let chunk else {
          if splitter.isInsideLine {
            throw ClientError.unreachable(address, why: "the stream ended inside a line")
          }
          // A cancelled body ends like a complete one.
          if Task.isCancelled { throw ClientError.cancelled }
          return nil
        }
        do {
          ready = try splitter.lines(endingIn: chunk)[...]
        } catch {
          throw ClientError.malformedAnswer(address, why: error.description)
        }
      }
    }

    private func decode(_ line: ByteBuffer) throws(ClientError) -> Element {
      do {
        return try JSONCoding.decode(Element.self, from: line)
      } catch {
        // A stream that the coordinator has to give up ends with its reason.
        if let answer = try? JSONCoding.decode(APIErrorBody.self, from: line) {
          throw ClientError.refused(answer.error, status: answer.error.code.status)
        }
        throw ClientError.malformedAnswer(address, why: JSONCoding.fault(error))
      }
    }
  }
}
