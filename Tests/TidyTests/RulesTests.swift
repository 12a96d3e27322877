// SPDX-License-Identifier: Apache-2.0
import Testing

/// Each rule on made-up texts: what it must find, and what it must leave alone.
@Suite struct RulesTests {
  private func file(_ text: String, path: String = "Sources/TendonCore/Made.swift") -> SourceFile {
    SourceFile(path: path, text: text)
  }

  private func lines(_ offences: [Offence]) -> [Int] { offences.map(\.line) }

  @Test("Code is told from comments and strings, interpolations included.")
  func codeIsTold() {
    let text = ##"""
      let a = "fork( \(f("x)", 1)) y" // fork(
      /* one /* two */ fork( */ let b = #"raw \("no") fork("#
      let c = "\" fork(" + d
      """##
    let code = SwiftCode.read(text).lines
    #expect(code.count == 3)
    #expect(!code.contains { $0.contains("fork") })
    #expect(code[0].contains("f(") && code[0].contains("1"))
    #expect(code[1].contains("let b =") && !code[1].contains("one"))
    #expect(code[2].hasSuffix(" + d"))
  }

  @Test("A missing licence is found, and Package.swift may have it in its second line.")
  func licence() {
    let line = "// SPDX-License-Identifier: Apache-2.0\n"
    #expect(Rules.licence(file(line)).isEmpty)
    #expect(lines(Rules.licence(file("\n" + line))) == [1])
    #expect(lines(Rules.licence(file(""))) == [1])
    #expect(Rules.licence(file("// tools\n" + line, path: "Package.swift")).isEmpty)
    #expect(lines(Rules.licence(file(line, path: "Package.swift"))) == [2])
    #expect(
      Rules.licence(file("/* SPDX-License-Identifier: Apache-2.0 */\n", path: "a/b.c")).isEmpty)
  }

  @Test("400 lines are allowed, 401 are not.")
  func length() {
    #expect(Rules.length(file(String(repeating: "x\n", count: 400))).isEmpty)
    #expect(lines(Rules.length(file(String(repeating: "x\n", count: 401)))) == [401])
  }

  @Test("A fork is found in code alone.")
  func forks() {
    #expect(lines(Rules.forks(file("a()\nlet p = fork()\nvfork ()"))) == [2, 3])
    #expect(Rules.forks(file("// fork()\nlet t = \"fork()\"\nunfork()\nfork.lift()")).isEmpty)
  }

  @Test("A public declaration is found, the word in a string is not.")
  func access() {
    #expect(lines(Rules.publicAccess(file("public struct A {}\nopen class B {}"))) == [1, 2])
    #expect(
      Rules.publicAccess(file("package struct A {}\nopen(path)\nlet a = \"public let\"")).isEmpty)
  }

  @Test("Words that put work off are found, also in comments.")
  func leftovers() {
    let text = "// TO" + "DO: later\n// FIX" + "ME\nX" + "XX\nmktemp X" + "XXXXX\nTODOS"
    #expect(lines(Rules.leftovers(file(text))) == [1, 2, 3])
  }

  @Test("A swallowed error needs a comment on its line or before it.")
  func swallowedErrors() {
    #expect(lines(Rules.swallowedErrors(file("let a = try? b()\n\ntry? c()"))) == [1, 3])
    let reasoned = """
      // Gone means done.
      let a = try? b(),
        c = try? d()
      try? e()  // nobody is left to tell
      let f = "try? g()"
      """
    #expect(Rules.swallowedErrors(file(reasoned)).isEmpty)
    #expect(lines(Rules.swallowedErrors(file("let u = \"http://x\"\ntry? a()"))) == [2])
    #expect(Rules.swallowedErrors(file("/* a\n b */\ntry? a()")).isEmpty)
  }

  @Test("An unchecked promise needs a comment.")
  func uncheckedSendable() {
    let text =
      "final class A: @unchecked Sendable {}\n// Locked.\nfinal class B: @unchecked Sendable {}"
    #expect(lines(Rules.uncheckedSendable(file(text))) == [1])
  }

  @Test("Unowned tasks are found, child tasks are not.")
  func unownedTasks() {
    let text = """
      Task { await a() }
      Task.detached(priority: .low) { b() }
      let c = Task<Void, Never> { d() }
      group.addTask { await e() }
      """
    #expect(lines(Rules.unownedTasks(file(text))) == [1, 2, 3])
  }

  @Test("print is found, a method of that name is not.")
  func prints() {
    #expect(
      lines(Rules.prints(file("print(1)\nconsole.print(2)\nfingerprint(3)\n  dump(x)"))) == [1, 4])
  }

  @Test("Paths of one machine are found, those of every machine are not.")
  func machinePaths() {
    let slash = "/"
    let bad = "a \(slash)work/main/b\n\"\(slash)root/.cache\"\n(\(slash)home/ada/x)"
    #expect(lines(Rules.machinePaths(file(bad))) == [1, 2, 3])
    let good = "STATE/work/web.0\nHOME=/root\n/var/home/x\n\"\\(state)/work/x\""
    #expect(Rules.machinePaths(file(good)).isEmpty)
  }

  @Test("A file that declares nothing of its name is found.")
  func fileNames() {
    #expect(lines(Rules.fileName(file("struct Other {}"))) == [1])
    #expect(Rules.fileName(file("package struct Made {}")).isEmpty)
    let topic = "Sources/TendonCore/Made+Topic.swift"
    #expect(Rules.fileName(file("extension Outer.Made {}", path: topic)).isEmpty)
    #expect(lines(Rules.fileName(file("extension Topic {}", path: topic))) == [1])
  }

  @Test("Layers: imports of our own modules, of Foundation and of the machine are found.")
  func layers() {
    let core = file(
      "package import TendonModel\nimport TendonLinux\nimport Foundation\nimport Glibc")
    #expect(lines(Layers.ownImports(core)) == [2])
    #expect(lines(Layers.foundation(core)) == [3])
    #expect(lines(Layers.purity(core)) == [3, 4])
    let generator = "init(generator: any RandomNumberGenerator = SystemRandomNumberGenerator()) {}"
    #expect(Layers.purity(file(generator)).isEmpty)
    #expect(
      lines(Layers.purity(file("func a() async {}\n// await\nlet c = ContinuousClock()"))) == [
        1, 3,
      ])
    let linux = file(
      "import TendonModel\nimport CLinux\nimport TendonCore", path: "Sources/TendonLinux/A.swift")
    #expect(lines(Layers.ownImports(linux)) == [3])
    #expect(Layers.foundation(file("import FoundationEssentials")).isEmpty)
    #expect(lines(Layers.ownImports(file("", path: "Sources/TendonNew/A.swift"))) == [1])
  }

  @Test("A target that the Makefile lacks is found.")
  func makeTargets() {
    let makefile = file("A := b\nbuild: deps\nbench-%: build\n\t@make x", path: "Makefile")
    let readme = file(
      "make build\nto make things\n`make bench-core`\n`make nothing`", path: "README.md")
    #expect(lines(MakeTargets.missing(from: makefile, in: readme)) == [4])
  }
}
