// SPDX-License-Identifier: Apache-2.0

/// The JSON Schema of a service's spec, for editors that complete and check as one types.
package enum SpecSchema {
  /// The schema (draft 2020-12), indented, the same text every time.
  package static func json() -> String {
    let head = [
      JSONMember("$schema", .string("https://json-schema.org/draft/2020-12/schema")),
      JSONMember("title", .string("Tendon service")),
      JSONMember(
        "description",
        .string(
          "One service, as `tendon apply` reads it. A YAML file may hold several, separated by ---."
        )),
    ]
    return JSONText.object(head + ShapeSchema.members(of: SpecShape.service)).pretty() + "\n"
  }
}
