// SPDX-License-Identifier: Apache-2.0
import TendonModel

/// `hugetlb.SIZE.max` for each size of a page that is limited.
enum HugetlbController {
  static func knobs(for pages: HugePages, previous: HugePages?) -> [Knob] {
    let gone = (previous?.sorted ?? []).filter { pages.limits[$0.size] == nil }
    return pages.sorted.map { page in
      Knob(
        .hugetlb, file(page.size, "max"), requested: "\(page.limit) in pages of \(page.size)",
        wanted: String(page.limit.rawValue), comparison: .pages(size: page.size.rawValue))
    }
      + gone.map { page in
        Knob(
          .hugetlb, file(page.size, "max"), requested: "pages of \(page.size) without limit",
          wanted: "max", isKernelDefault: true)
      }
  }

  /// The kernel's name for a size (mem_fmt of mm/hugetlb_cgroup.c): `hugetlb.2MB.max`.
  static func file(_ size: Bytes, _ attribute: String) -> String {
    let bytes = size.rawValue
    for (unit, shift) in [("GB", 30), ("MB", 20)] as [(String, Int64)] where bytes >> shift > 0 {
      return "hugetlb.\(bytes >> shift)\(unit).\(attribute)"
    }
    return "hugetlb.\(bytes >> 10)KB.\(attribute)"
  }

  static func use(of file: String, at leaf: String) throws(KernelFileError) -> String? {
    let current = file.split(separator: ".").dropLast().joined(separator: ".") + ".current"
    return try MemoryController.number(current, at: leaf).map { "\(ShortText.bytes($0)) used" }
  }
}
