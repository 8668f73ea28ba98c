#if Files
@testable import Errand
@testable import ErrandFiles
import Foundation
import Synchronization
import Testing

@Suite("Export", .timeLimit(.minutes(5)))
struct ExportTests {
    let work: FileWork

    init() throws { work = try FileWork() }

    private func imported(_ text: String, _ options: String = "") async throws {
        _ = try await work.importFile(work.upload(text), options)
        work.datasets.state.withLock { $0.checkpoint = nil }
    }

    @Test("the result says where the file is and what is in it")
    func result() async throws {
        try await imported("a,b\n1,\"x,y\"\n2,=1+1\n")
        let result = try await work.export(#","filename":"routes.csv""#)
        let file = try #require(result.files.first)
        #expect(try await work.content(of: file) == "a,b\r\n1,\"x,y\"\r\n2,'=1+1\r\n")
        #expect(result.type == .url)
        #expect(result.location == file.key && file.key.hasPrefix("tenants/t/jobs/"))
        #expect(file.name == "routes.csv")
        let size = file.size
        #expect(
            result.value?.string
                == #"{"rows":2,"bytes":\#(size),"sha256":"\#(file.sha256)","filename":"routes.csv"}"#
        )
    }

    @Test("columns are chosen and ordered, and the options hold")
    func options() async throws {
        try await imported("a,b,c\n1,,=3\n", #","csv":{"nullValues":[""]}"#)
        let csv = #""csv":{"header":false,"delimiter":";","nullValue":"NULL","formulaGuard":false,"lineEnding":"lf"}"#
        let result = try await work.export(#","columns":["c","b"],\#(csv)"#)
        #expect(try await work.content(of: #require(result.files.first)) == "=3;NULL\n")
    }

    @Test("what cannot be exported says why")
    func failures() async throws {
        try await imported("a\n1\n")
        #expect(await failure { _ = try await work.export(#","columns":["x"]"#) }?.code == "unknown_column")
        let fresh = try FileWork()
        let empty = try await fresh.export()
        #expect(empty.count("rows") == 0)
    }

    @Test("what was imported and exported imports to the same rows")
    func roundTrip() async throws {
        let text = (0..<5000).map { "\($0),\"q\"\"\($0)\n\",,é,-,+x\r\n" }.joined()
        try await imported(text, #","csv":{"header":false}"#)
        let rows = work.datasets.rows
        let result = try await work.export(#","csv":{"header":false,"formulaGuard":false}"#)
        let file = try await work.content(of: #require(result.files.first))
        let again = try FileWork()
        _ = try await again.importFile(again.upload(file), #","csv":{"header":false}"#)
        #expect(again.datasets.rows == rows)
        #expect(rows.count == 5000)
    }

    @Test("a run that is lost leaves no file behind once the next one ends")
    func orphan() async throws {
        try await imported("a\n1\n")
        _ = try await work.export()
        let again = try await work.export()
        #expect(work.jobFiles.map { $0.hasSuffix(again.files[0].key) } == [true])
    }

    @Test("a dataset that is replaced meanwhile is exported again, not cut short")
    func replaced() async throws {
        try await imported("a\n1\n2\n")
        let dataset = try await work.datasets.dataset("d", projectId: "p", scope: .tenant("t"))
        work.datasets.state.withLock { $0.generation += 1 }
        let csv = DatasetCSV(
            dataset: dataset,
            cells: [0],
            options: CSVWriterOptions(),
            datasets: work.datasets,
            progress: { _ in }
        )
        await #expect(throws: JobError.self) { for try await _ in csv {} }
    }
}
#endif
