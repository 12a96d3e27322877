// SPDX-License-Identifier: Apache-2.0
import AsyncHTTPClient
package import NIOCore

/// The bytes of a streamed answer, in the chunks in which they arrive. It can be iterated once; to stop
/// early, end the iteration or cancel the task, and the connection is closed.
package struct ByteStream: AsyncSequence, Sendable {
  package typealias Element = ByteBuffer
  package typealias Failure = ClientError

  let body: HTTPClientResponse.Body
  let address: ServerAddress

  package func makeAsyncIterator() -> Iterator {
    Iterator(body: body.makeAsyncIterator(), address: address)
  }

  package struct Iterator: AsyncIteratorProtocol {
    package typealias Failure = ClientError

    var body: HTTPClientResponse.Body.AsyncIterator
    let address: ServerAddress

    package mutating func next() async throws(ClientError) -> ByteBuffer? {
      try await next(isolation: #isolation)
    }

    package mutating func next(
      isolation actor: isolated (any Actor)?
    ) async throws(ClientError) -> ByteBuffer? {
      do {
        return try await body.next(isolation: actor)
      } catch {
        throw ClientError(error, from: address)
      }
    }
  }
}
