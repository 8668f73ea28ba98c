#if Server
import Foundation
import Testing

/// Holds what the real server says of payloads to what another reader of JSON Schema says of them.
@Suite("Schemas are read as others read them", .timeLimit(.minutes(10)))
struct SchemaComparisonTests {
    @Test("random schemas, and values near to them")
    func comparison() async throws {
        try await DrivenScript(path: "Scripts/schemas/compare.py", arguments: ["200"]).run()
    }
}
#endif
