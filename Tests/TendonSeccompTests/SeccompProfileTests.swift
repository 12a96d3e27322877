// SPDX-License-Identifier: Apache-2.0

import TendonModel
import Testing

@testable import TendonSeccomp

struct SeccompProfileTests {
  @Test("The default profile compiles, and is shorter the more is kept.")
  func compiles() throws {
    let none = try DefaultSeccompProfile.compiled(keeping: [])
    let admin = try DefaultSeccompProfile.compiled(keeping: [.sysAdmin, .bpf])
    let all = try DefaultSeccompProfile.compiled(keeping: nil)
    #expect(none.count % 8 == 0 && none.count <= 4096 * 8)
    #expect(none.count > admin.count && admin.count > all.count)
    #expect(try DefaultSeccompProfile.compiled(keeping: []) == none)
  }

  @Test("Every refused call is one that libseccomp knows, or one that is newer than it.")
  func names() throws {
    let newer: Set = ["quotactl_fd", "process_madvise", "pidfd_getfd", "mount_setattr"]
    let filter = try SeccompFilter(otherwise: .allow)
    for call in DefaultSeccompProfile.refused.flatMap(\.calls) where !newer.contains(call) {
      #expect(try filter.add(.kill, call), "\(call)")
    }
  }

  @Test("A profile of a file compiles.")
  func file() throws {
    let text = """
      {"default": "allow", "refuse": ["mount", "mkdir"], "errno": "EACCES", "kill": ["bpf"],
       "architectures": ["x86"]}
      """
    #expect(try SeccompProfileFile.compiled(Array(text.utf8), path: "/p.json").count > 8)
  }

  static let bad: [(String, String)] = [
    ("", "/p.json: is not JSON of an object"),
    ("[]", "/p.json: is not JSON of an object"),
    ("{}", "/p.json: default: is missing"),
    (#"{"default": 1}"#, "/p.json: default: "),
    (#"{"default": "deny"}"#, "/p.json: default: \"deny\" is none of allow, refuse, kill, log"),
    (#"{"default": "allow", "denied": []}"#, "/p.json: denied: is not known; there are allow"),
    (#"{"default": "allow", "allow": ["read"]}"#, "/p.json: allow: is what default does anyway"),
    (
      #"{"default": "allow", "refuse": ["mount", "mountain"]}"#,
      "/p.json: refuse[1]: there is no system call \"mountain\""
    ),
    (#"{"default": "allow", "refuse": ["mount", 2]}"#, "/p.json: refuse[1]: "),
    (#"{"default": "refuse", "errno": "EWHAT"}"#, "/p.json: errno: \"EWHAT\" is none of EACCES"),
    (
      #"{"default": "allow", "architectures": ["vax"]}"#,
      "/p.json: architectures[0]: \"vax\" is not known"
    ),
  ]

  @Test("What is wrong with a file is told with the file and the field.", arguments: bad)
  func badFile(text: String, says: String) throws {
    let error = #expect(throws: SeccompError.self) {
      _ = try SeccompProfileFile.compiled(Array(text.utf8), path: "/p.json")
    }
    #expect(error?.description.hasPrefix(says) == true, "\(String(describing: error))")
  }
}
