#if Server
import Errand
import ErrandTesting
import FoundationEssentials
import HTTPTypes
import HummingbirdCore
import NIOCore
import Testing

@testable import ErrandHTTP

@Suite("Uploads", .timeLimit(.minutes(5)))
struct UploadTests {
    @Test("a file is stored, recorded and described")
    func upload() async throws {
        let api = TestAPI()
        let reply = try await api.send(
            .post,
            "/api/uploads?filename=r%C3%B6utes+1.csv",
            "a,b\n1,2\n",
            headers: [.contentType: "text/csv"]
        )
        #expect(reply.status == 201)
        #expect(
            try reply.json.object().members.map(\.name) == ["uploadId", "filename", "size", "sha256", "expiresAt"]
        )
        #expect(try reply.string("filename") == "röutes 1.csv")
        #expect(try reply.member("size")?.int64Value == 8)
        #expect(
            try reply.string("sha256") == "492d5ea496056f1a6a6592241032fab764c321596317930b4fa0e1e8bc3b7470"
        )
        let id = try #require(try reply.string("uploadId").flatMap { JobID($0) })
        let record = try await api.memory.upload(id, scope: .default)
        #expect(api.objects.keys == [record.key])
        #expect(!record.key.contains("utes"))
        #expect(record.expiresAt == api.clock.now().wall.addingTimeInterval(24 * 3600))
    }

    @Test("a file that is too large is refused, by its length before a byte is read")
    func tooLarge() async throws {
        let api = TestAPI { $0.maximumUploadBytes = 4 }
        let reply = try await api.send(.post, "/api/uploads?filename=a", "12345", headers: [.contentType: "text/plain"])
        #expect(try (reply.status, reply.problem) == (413, "too-large"))
        #expect(api.objects.keys == [])
    }

    @Test("a file that cannot be recorded is taken back")
    func unrecorded() async throws {
        let api = TestAPI()
        api.store.fail(.full)
        let reply = try await api.send(.post, "/api/uploads?filename=a", "x", headers: [.contentType: "text/plain"])
        #expect(try (reply.status, reply.problem) == (507, "storage-full"))
        #expect(api.objects.keys == [])
    }

    @Test("a body that ends before its announced length fails")
    func interrupted() async throws {
        let body = UploadBody(body: RequestBody(buffer: ByteBuffer(string: "abc")), expected: 5)
        await #expect(throws: Problem.self) { for try await _ in body {} }
        let whole = UploadBody(body: RequestBody(buffer: ByteBuffer(string: "abc")), expected: 3)
        var received: [UInt8] = []
        for try await chunk in whole { received += chunk }
        #expect(received == Array("abc".utf8))
    }
}
#endif
