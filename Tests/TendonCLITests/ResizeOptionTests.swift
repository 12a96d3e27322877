// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import TendonModel
import Testing

@testable import tendon

@Suite("The flags of resize")
struct ResizeOptionTests {
  private func parse(_ words: String) throws -> Resize {
    try #require(
      try Tendon.parseAsRoot(words.split(separator: " ").map(String.init)) as? Resize)
  }

  @Test("Every resource has its flag.")
  func everyFlag() throws {
    let command = try parse(
      """
      resize web --cpu :2 --burst 500m --cores 2 --guaranteed --swap 0 --io-read-iops 5
      --io-write-iops max --io-device /var/lib/x=write:5MB/s,read-iops:100 --io-device sdb=max
      --disk 2Gi --hugepages 2Mi=64Mi --service-cpu 4 --service-memory max --service-swap 0
      --service-pids 9 --service-io-read 1MB/s --service-io-write max --service-io-read-iops 7
      --service-io-write-iops 8 --service-io-device sdb=write:2MB/s --force
      """.replacing("\n", with: " "))
    var change = ResourcesChange()
    change.cpuLimit = .value(MilliCPU(2000))
    change.cpuBurst = MilliCPU(500)
    change.cores = 2
    change.memoryGuaranteed = true
    change.swap = .value(.zero)
    change.ioReadOps = .value(5)
    change.ioWriteOps = .max
    change.ioDevices = [
      "/var/lib/x": IORates(write: .value(ByteRate(5_000_000)), readOps: .value(100)),
      "sdb": IORates(),
    ]
    change.disk = .value(.mebibytes(2048))
    change.hugepages = HugePages([.mebibytes(2): .mebibytes(64)])
    change.serviceCPU = .value(MilliCPU(4000))
    change.serviceMemory = .max
    change.serviceSwap = .value(.zero)
    change.servicePids = .value(9)
    change.serviceIO = IOChange()
    change.serviceIO?.read = .value(ByteRate(1_000_000))
    change.serviceIO?.write = .max
    change.serviceIO?.readOps = .value(7)
    change.serviceIO?.writeOps = .value(8)
    change.serviceIO?.devices = ["sdb": IORates(write: .value(ByteRate(2_000_000)))]
    #expect(command.options.change == change)
    #expect(command.force)
    #expect(try parse("resize web --no-guaranteed").options.change.memoryGuaranteed == false)
    #expect(try parse("resize web --burst 100m").options.change.cpuBurst == MilliCPU(100))
  }

  @Test(
    "What is wrong is told with its flag.",
    arguments: [
      ("--cores -1", "--cores"), ("--cores 9000", "--cores"), ("--cpu 3:2", "--cpu"),
      ("--burst 2 --cpu :1", "--burst"), ("--swap x", "--swap"), ("--disk 1", "--disk"),
      ("--io-read-iops 0", "--io-read-iops"), ("--io-device sdb", "--io-device"),
      ("--io-device sdb=speed:1", "--io-device"), ("--io-device sdb=write:0", "--io-device sdb"),
      ("--hugepages 3Mi=3Mi", "--hugepages"), ("--hugepages 2Mi", "--hugepages"),
      ("--service-pids 0", "--service-pids"), ("--service-cpu 1m", "--service-cpu"),
      ("--service-io-read-iops 0", "--service-io-read-iops"),
      ("--service-io-device sdb=write:0", "--service-io-device sdb"),
    ])
  func wrong(_ words: String, flag: String) {
    let error = #expect(throws: (any Error).self) { try parse("resize web \(words)") }
    guard let error else { return }
    #expect(Failure(error).status == 2)
    #expect(Failure(error).text.contains(flag), "\(Failure(error).text)")
  }

  @Test("A cap of the service that is not in force is the service's fault alone.")
  func serviceFault() throws {
    var change = ResourcesChange()
    change.servicePids = .value(5)
    let knobs = [
      Samples.knob("pids.max", isInForce: false),
      Samples.knob("web.slice/pids.max", isInForce: false, note: "no"),
    ]
    let result = ResizeResult(
      response: ResizeResponse(
        revision: Revision(1), microseconds: 1,
        instances: [
          .init(
            id: try InstanceID("web.0"), host: try HostID("host1"), pid: 1, microseconds: 1,
            knobs: knobs)
        ]), before: [], change: change)
    #expect(result.faults == ["web.0 web.slice/pids.max: no"])
  }
}
