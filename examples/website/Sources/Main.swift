// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The example application: a static site and a dynamic one, each a small HTTP server.
@main
struct Main: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tendon-website",
    abstract: "An example application for Tendon: a small web server.",
    discussion: "It listens on the port in PORT_HTTP, which Tendon hands out, or on --port.",
    subcommands: [StaticCommand.self, DynamicCommand.self])

  /// As ArgumentParser's own `main`, but bad input ends with status 2, as with Tendon's programs.
  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
      Output.error(fullMessage(for: error))
      exit(withError: ExitCode(2))
    }
  }
}

/// Serves files: those built into the program, or those of a folder.
struct StaticCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "static", abstract: "Serve the site built into the program, or a folder.")

  @OptionGroup var listening: ListeningOptions

  @Option(help: "Serve this folder instead of the built-in site.")
  var root: String?

  func run() throws {
    let port = try listening.chosenPort()
    let site: any Site
    if let root {
      guard let folder = FolderSite(root) else {
        throw ValidationError("--root \(root) is not a folder that can be read")
      }
      site = folder
    } else {
      site = EmbeddedSite()
    }
    try WebServer.serve(StaticResponder(site: site), port: port, title: "static")
  }
}

/// Answers with a page made for each request.
struct DynamicCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dynamic", abstract: "Serve a page that greets, and does work when asked.")

  @OptionGroup var listening: ListeningOptions

  func run() throws {
    let port = try listening.chosenPort()
    try WebServer.serve(DynamicResponder(), port: port, title: "dynamic")
  }
}

/// Where to listen.
struct ListeningOptions: ParsableArguments {
  @Option(help: "The TCP port; without it, the one in the environment variable PORT_HTTP.")
  var port: Int?

  /// - Throws: `ValidationError` when there is no port, or none that can be.
  func chosenPort() throws -> Int {
    let text = port.map(String.init) ?? Environment.value("PORT_HTTP")
    guard let text else {
      throw ValidationError(
        "no port to listen on: set PORT_HTTP (in a Tendon spec: ports: {http: auto}) or give --port"
      )
    }
    guard let number = Int(text), (1...65535).contains(number) else {
      throw ValidationError("\(text) is not a port number from 1 to 65535")
    }
    return number
  }
}
