// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import SystemPackage

/// Starts programs; the one place where the lab does.
enum LabSpawn {
  /// Starts a program with exactly these descriptors (child's 0, 1, 2, ...).
  ///
  /// - Parameter session: whether the child leads a new session, which is how its descendants are
  ///   told apart from everyone else's later.
  static func start(
    _ arguments: [String], environment: [String: String]? = nil, descriptors: [FileDescriptor],
    session: Bool
  ) throws(LabError) -> pid_t {
    let words = (environment ?? inherited()).map { "\($0.key)=\($0.value)" }
    var pid: pid_t = 0
    let error = withCStrings(arguments) { argv in
      withCStrings(words) { envp in
        tendon_lab_spawn(
          argv, envp, descriptors.map(\.rawValue), Int32(descriptors.count), session, &pid)
      }
    }
    guard error == 0 else {
      throw .couldNotStart(program: arguments.first ?? "", errno: Errno(rawValue: error))
    }
    return pid
  }

  /// This process's environment.
  static func inherited() -> [String: String] {
    var variables: [String: String] = [:]
    var entry = environ
    while let word = entry.pointee {
      let text = String(cString: word)
      if let equals = text.firstIndex(of: "=") {
        variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
      }
      entry += 1
    }
    return variables
  }

  private static func withCStrings<Value>(
    _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Value
  ) -> Value {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    let pointers = copies.map { UnsafePointer($0) } + [nil]
    return pointers.withUnsafeBufferPointer { body($0.baseAddress!) }
  }
}

/// A short command of the lab's own, such as `ip`, run to its end.
struct LabCommand {
  struct Output {
    var status: Int32
    /// stdout and stderr together.
    var text: String
  }

  var arguments: [String]

  init(_ arguments: String...) { self.arguments = arguments }
  init(_ arguments: [String]) { self.arguments = arguments }

  /// Runs it; throws when it does not end with 0.
  @discardableResult
  func run() throws(LabError) -> String {
    let output = try runToEnd()
    guard output.status == 0 else {
      throw .commandFailed(
        command: arguments.joined(separator: " "), status: output.status, output: output.text)
    }
    return output.text
  }

  func runToEnd() throws(LabError) -> Output {
    let nothing = try LabFile.open("/dev/null", .readOnly)
    defer { LabFile.close(nothing) }
    let pipe = try makePipe()
    let pid: pid_t
    do throws(LabError) {
      pid = try LabSpawn.start(
        arguments, descriptors: [nothing, pipe.writeEnd, pipe.writeEnd], session: false)
    } catch {
      LabFile.close(pipe.readEnd)
      LabFile.close(pipe.writeEnd)
      throw error
    }
    LabFile.close(pipe.writeEnd)
    defer { LabFile.close(pipe.readEnd) }
    let text = try drain(pipe.readEnd)
    var status: Int32 = 0
    guard tendon_lab_wait(pid, true, &status) == pid else {
      throw .commandFailed(
        command: arguments.joined(separator: " "), status: -1, output: "lost its exit status")
    }
    return Output(status: status, text: text)
  }

  private func makePipe() throws(LabError) -> (readEnd: FileDescriptor, writeEnd: FileDescriptor) {
    var ends: [Int32] = [-1, -1]
    let error = tendon_lab_pipe(&ends)
    guard error == 0 else {
      throw .couldNotStart(program: arguments.first ?? "", errno: Errno(rawValue: error))
    }
    return (FileDescriptor(rawValue: ends[0]), FileDescriptor(rawValue: ends[1]))
  }

  private func drain(_ file: FileDescriptor) throws(LabError) -> String {
    var bytes: [UInt8] = []
    do {
      while true {
        let chunk = try [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
          count = try file.read(into: UnsafeMutableRawBufferPointer(buffer))
        }
        if chunk.isEmpty { break }
        bytes += chunk
      }
    } catch {
      throw .file(
        operation: "read the output of", path: FilePath(arguments.first ?? ""), errno: .ioError)
    }
    var text = String(decoding: bytes, as: UTF8.self)
    while text.last?.isWhitespace == true { text.removeLast() }
    return text
  }
}
