// SPDX-License-Identifier: Apache-2.0
import TendonModel
import Testing

@testable import tendon

@Suite("What came of a resize")
struct ResizeResultTests {
  private func result(
    _ knobs: [KnobReport], pidBefore: Int32? = 100, change: (inout ResourcesChange) -> Void
  ) throws -> ResizeResult {
    var asked = ResourcesChange()
    change(&asked)
    let instance = ResizeResponse.Instance(
      id: try InstanceID("web.0"), host: try HostID("host1"), pid: 100, microseconds: 85,
      knobs: knobs)
    return ResizeResult(
      response: ResizeResponse(
        revision: Revision(20), microseconds: 8123, instances: [instance]),
      before: [try Samples.instance("web.0", state: .running, pid: pidBefore)], change: asked)
  }

  @Test("A changed limit that the kernel does not hold is a fault.")
  func fault() throws {
    let knobs = [
      Samples.knob("cpu.max", isInForce: true),
      Samples.knob("memory.max", isInForce: false, note: "the working set is 700Mi"),
    ]
    let result = try result(knobs) { $0.memoryLimit = .value(.mebibytes(64)) }
    #expect(result.faults == ["web.0 memory.max: the working set is 700Mi"])
  }

  @Test("A limit that was not to change is not this resize's fault.")
  func otherKnob() throws {
    let knobs = [Samples.knob("io.weight", isInForce: false)]
    #expect(try result(knobs) { $0.cpuLimit = .max }.faults.isEmpty)
    #expect(try result(knobs) { $0.ioWeight = 50 }.faults.count == 1)
  }

  @Test("The text tells the process, the times and each knob.")
  func text() throws {
    let knobs = [Samples.knob("cpu.max", isInForce: true)]
    let result = try result(knobs) { $0.cpuLimit = .max }
    #expect(
      result.text(hasColours: false) == """
        web.0 on host1, pid 100 unchanged, written and read back in 85us
        KNOB     SPEC     WRITTEN  KERNEL  USE  NOTE
        cpu.max  limit 2  2        2       -    -

        1 instance, revision 20, 8.1ms in all
        """)
  }

  @Test("A process that is another one now is told.")
  func otherProcess() throws {
    let result = try result([], pidBefore: 99) { $0.cpuLimit = .max }
    #expect(result.text(hasColours: false).contains("pid 100, was 99"))
  }
}
