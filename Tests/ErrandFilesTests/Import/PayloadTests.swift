#if Files
@testable import Errand
import ErrandFiles
import Foundation
import Testing

@Suite("Payloads of Import and Export", .timeLimit(.minutes(5)))
struct PayloadTests {
    static let id = "0192e4a0-0000-7000-8000-000000000000"

    private func refusal(_ type: JobType, _ payload: String, project: Name? = "p") throws -> JobStoreError? {
        var job = type.job(payload: try JSONText(validating: payload))
        job.projectId = project
        do throws(JobStoreError) {
            try type.admit(&job)
            return nil
        } catch {
            return error
        }
    }

    @Test("an import takes its upload over and waits in its queue")
    func admitted() throws {
        var job = BuiltInTypes.importType.job(
            payload: try JSONText(validating: #"{"source":{"upload":"\#(Self.id)"},"format":"csv","dataset":"routes"}"#)
        )
        job.projectId = "p"
        try BuiltInTypes.importType.admit(&job)
        #expect(job.uploads.map(\.description) == [Self.id])
        #expect(job.queue == "import")
    }

    @Test(
        "a bad import is refused with its place",
        arguments: [
            (#"{"dataset":"d"}"#, "/payload/source"),
            (#"{"source":"x","dataset":"d"}"#, "/payload/source"),
            (#"{"source":{"url":"http://x"},"dataset":"d"}"#, "/payload/source"),
            (#"{"source":{"object":"k"},"dataset":"d"}"#, "/payload/source"),
            (#"{"source":{"upload":"nope"},"dataset":"d"}"#, "/payload/source/upload"),
            (#"{"source":{"upload":"ID","x":1},"dataset":"d"}"#, "/payload/source/x"),
            (#"{"source":{"upload":"ID"}}"#, "/payload/dataset"),
            (#"{"source":{"upload":"ID"},"dataset":""}"#, "/payload/dataset"),
            (#"{"source":{"upload":"ID"},"dataset":"a\nb"}"#, "/payload/dataset"),
            (#"{"source":{"upload":"ID"},"dataset":"d","format":"xlsx"}"#, "/payload/format"),
            (#"{"source":{"upload":"ID"},"dataset":"d","format":7}"#, "/payload/format"),
            (#"{"source":{"upload":"ID"},"dataset":"d","mode":"upsert"}"#, "/payload/mode"),
            (#"{"source":{"upload":"ID"},"dataset":"d","schema":{}}"#, "/payload/schema"),
            (#"{"source":{"upload":"ID"},"dataset":"d","a/b":1}"#, "/payload/a~1b"),
            (#"{"source":{"upload":"ID"},"dataset":"d","csv":{"delimiter":"ab"}}"#, "/payload/csv/delimiter"),
            (#"{"source":{"upload":"ID"},"dataset":"d","csv":{"head":true}}"#, "/payload/csv/head"),
            (#"{"source":{"upload":"ID"},"dataset":"d","csv":7}"#, "/payload/csv"),
        ]
    )
    func badImport(_ payload: String, _ pointer: String) throws {
        let text = payload.replacingOccurrences(of: "ID", with: Self.id)
        let error = try #require(try refusal(BuiltInTypes.importType, text))
        #expect(error.code == .invalid)
        #expect(error.pointer == pointer, "\(error)")
        #expect(error.message.hasPrefix(pointer))
    }

    @Test(
        "a bad export is refused with its place",
        arguments: [
            (#"{}"#, "/payload/dataset"), (#"{"dataset":1}"#, "/payload/dataset"),
            (#"{"dataset":"d","filter":{}}"#, "/payload/filter"), (#"{"dataset":"d","sort":[]}"#, "/payload/sort"),
            (#"{"dataset":"d","format":"xlsx"}"#, "/payload/format"),
            (#"{"dataset":"d","columns":[]}"#, "/payload/columns"),
            (#"{"dataset":"d","columns":["a",1]}"#, "/payload/columns"),
            (#"{"dataset":"d","filename":"../a"}"#, "/payload/filename"),
            (#"{"dataset":"d","csv":{"delimiter":"\""}}"#, "/payload/csv/delimiter"),
            (#"{"dataset":"d","csv":{"header":"yes"}}"#, "/payload/csv/header"),
            (#"{"dataset":"d","csv":{"quote":"'"}}"#, "/payload/csv/quote"),
        ]
    )
    func badExport(_ payload: String, _ pointer: String) throws {
        #expect(try refusal(BuiltInTypes.exportType, payload)?.pointer == pointer)
    }

    @Test("both need a project")
    func project() throws {
        let payload = #"{"source":{"upload":"\#(Self.id)"},"dataset":"d"}"#
        #expect(try refusal(BuiltInTypes.importType, payload, project: nil)?.pointer == "/projectId")
        #expect(try refusal(BuiltInTypes.exportType, #"{"dataset":"d"}"#, project: nil)?.pointer == "/projectId")
    }
}
#endif
