#if Files
import Errand
import ErrandFiles
import FoundationEssentials
import Testing

@Suite("Object keys", .timeLimit(.minutes(5)))
struct ObjectKeyTests {
    static let tenants: [Name?] = [
        nil, "", "default", "system", "uploads", "jobs", ".", "..", ".hidden", "a/b", "a%2Fb", "%", "é", "e\u{301}",
        "A", "a",
        Name(String(repeating: "x", count: 199) + "%"), Name(String(repeating: "é", count: 100)),
        Name(String(repeating: "x", count: 200)), Name(String(repeating: "x", count: 200) + ".."),
        Name(String(repeating: "x", count: 200) + "/../.."),
    ]

    @Test("a key that was made is read back, and its names fit a file system", arguments: tenants)
    func wellFormed(_ tenant: Name?) throws {
        let id = try #require(JobID("0192e4a0-0000-7000-8000-000000000000"))
        let lease = JobLease(id: id, number: 1, fence: 3)
        let keys = [
            ObjectKey.upload(tenantId: tenant, id: id),
            ObjectKey.file(tenantId: tenant, lease: lease, ulid: ULID(at: Date()), type: .csv),
        ]
        let result = "\(keys[1])".split(separator: "/").dropLast().joined(separator: "/") + "/\(id)"
        for key in keys + [try #require(ObjectKey(result))] {
            #expect(ObjectKey(key.description) == key)
            for name in key.description.split(separator: "/") {
                #expect(name.utf8.count <= 255)
                #expect(name.first != ".")
            }
        }
    }

    @Test("two tenants never share a key")
    func distinct() throws {
        let id = try #require(JobID("0192e4a0-0000-7000-8000-000000000000"))
        let keys = Self.tenants.map { ObjectKey.upload(tenantId: $0, id: id) }
        #expect(Set(keys).count == Self.tenants.count)
    }

    @Test("names made later sort later")
    func order() {
        let times = [0.0, 1, 1_700_000_000, 1_700_000_000.001, 253_402_300_799]
        let names = times.map { ULID(at: Date(timeIntervalSince1970: $0)).description }
        #expect(names == names.sorted())
        #expect(names.allSatisfy { ULID($0) != nil })
    }
}
#endif
