// SPDX-License-Identifier: Apache-2.0
import Glibc
import SystemPackage

/// The cgroup that a namespace host is, seen from the machine.
struct NamespaceCgroup {
  let path: FilePath

  init(_ path: FilePath) { self.path = path }

  /// Where the process that makes the host's namespaces stays.
  var launcher: FilePath { path.appending("lab-launcher") }

  /// Makes it anew, with every controller handed down from the mount point to here.
  func make() throws(LabError) {
    try remove()
    let lab = path.removingLastComponent()
    for folder in [lab.removingLastComponent(), lab] {
      try LabFile.makeFolder(folder)
      try enableControllers(in: folder)
    }
    try LabFile.makeFolder(launcher)
  }

  private func enableControllers(in folder: FilePath) throws(LabError) {
    let control = folder.appending("cgroup.subtree_control")
    let enabled = (try LabFile.text(control) ?? "").split { $0 == " " || $0 == "\n" }
    for controller in MachineCgroups.wanted where !enabled.contains(Substring(controller)) {
      try LabFile.writeAttribute(control, "+\(controller)")
    }
  }

  /// SIGKILLs everything in it, however deep, in one step of the kernel.
  func kill() throws(LabError) {
    guard LabFile.exists(path) else { return }
    try LabFile.writeAttribute(path.appending("cgroup.kill"), "1")
  }

  /// Stops or continues everything in it; returns when the kernel says that it is done.
  func setFrozen(_ frozen: Bool) throws(LabError) {
    try LabFile.writeAttribute(path.appending("cgroup.freeze"), frozen ? "1" : "0")
    try wait(for: frozen ? "frozen 1" : "frozen 0")
  }

  private func wait(for line: String) throws(LabError) {
    let limit: Duration = .seconds(10)
    let deadline = ContinuousClock.now + limit
    let events = path.appending("cgroup.events")
    while let text = try LabFile.text(events), !text.contains(line) {
      guard ContinuousClock.now < deadline else {
        throw .timedOut(waitingFor: "'\(line)' in \(events)", after: limit, hint: "")
      }
      usleep(2_000)
    }
  }

  /// Removes it and all below it, once nothing runs there any more.
  func remove() throws(LabError) {
    guard LabFile.exists(path) else { return }
    try wait(for: "populated 0")
    try Self.removeFolders(path)
  }

  private static func removeFolders(_ folder: FilePath) throws(LabError) {
    for name in try LabFile.list(folder) where isFolder(folder.appending(name)) {
      try removeFolders(folder.appending(name))
    }
    guard rmdir(folder.string) == 0 || errno == ENOENT else {
      throw .file(operation: "remove", path: folder, errno: Errno(rawValue: errno))
    }
  }

  private static func isFolder(_ path: FilePath) -> Bool {
    var facts = stat()
    return lstat(path.string, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
  }
}
