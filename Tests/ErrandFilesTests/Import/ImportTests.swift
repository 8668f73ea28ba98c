#if Files
@testable import Errand
@testable import ErrandFiles
import Foundation
import Synchronization
import Testing

@Suite("Import", .timeLimit(.minutes(5)))
struct ImportTests {
    let work: FileWork

    init() throws { work = try FileWork() }

    @Test("rows become JSON arrays under the header's columns")
    func rows() async throws {
        let text = "id,name\r\n1,\"Ann \"\"A\"\" Lee\"\r\n2,\"two\nlines\"\r\n3,back\\slash\ttab\u{1}é\u{1F600}\r\n"
        let result = try await work.importFile(work.upload(text))
        #expect(work.datasets.state.withLock(\.columns) == ["id", "name"])
        #expect(
            work.datasets.rows == [
                #"["1","Ann \"A\" Lee"]"#, #"["2","two\nlines"]"#, "[\"3\",\"back\\\\slash\\ttab\\u0001é\u{1F600}\"]",
            ]
        )
        #expect(work.datasets.rows.allSatisfy { (try? JSONText(validating: $0)) != nil })
        #expect(result.value?.string == #"{"recordsProcessed":3,"recordsCreated":3,"recordsUpdated":0,"errors":0}"#)
        #expect(result.files.isEmpty)
    }

    @Test("every good row goes in, and every bad one into the report with its line")
    func badRows() async throws {
        var bytes = Array("a,b\n1,2\nonly one\n3,4\n".utf8)
        bytes += Array("x,".utf8) + [0xFF, 0xFE] + Array("\n5,6\n1,2,3\n\"q\"x,7\n8,nul\0here\n9,10\n".utf8)
        let result = try await work.importFile(work.upload(bytes))
        #expect(work.datasets.rows == [#"["1","2"]"#, #"["3","4"]"#, #"["5","6"]"#, #"["9","10"]"#])
        #expect(result.count("recordsProcessed") == 9)
        #expect(result.count("errors") == 5)
        let file = try #require(result.files.first)
        #expect(file.name == "errors.csv")
        #expect(file.contentType.hasPrefix("text/csv"))
        let lines = try await work.content(of: file).split(separator: "\r\n")
        #expect(lines.first == "line,column,code,message,row")
        #expect(lines.dropFirst().map { $0.split(separator: ",")[0] } == ["3", "5", "7", "8", "9"])
        for code in ["ragged_row", "invalid_utf8", "ragged_row", "text_after_quote", "nul_character"] {
            #expect(lines.contains { $0.contains(code) }, "\(code)")
        }
    }

    @Test("a first row that is bad is reported when there is no header")
    func badFirstRow() async throws {
        let result = try await work.importFile(work.upload("\"a\"x;1\nb;2\n"), #","csv":{"header":false}"#)
        #expect(work.datasets.rows == [#"["b","2"]"#])
        let report = try await work.content(of: #require(result.files.first))
        #expect(report.contains("\r\n1,1,text_after_quote,"))
    }

    @Test("other encodings become UTF-8, and null values null")
    func encodings() async throws {
        let bytes = Array("a,b\ncaf".utf8) + [0xE9] + Array(",NULL\n".utf8)
        _ = try await work.importFile(
            work.upload(bytes),
            #","csv":{"encoding":"windows-1252","nullValues":["NULL"]}"#
        )
        #expect(work.datasets.rows == [#"["café",null]"#])
    }

    @Test("replace swaps the rows at the end, append keeps those that are there")
    func modes() async throws {
        _ = try await work.importFile(work.upload("a\n1\n"))
        work.datasets.state.withLock { $0.checkpoint = nil }
        _ = try await work.importFile(work.upload("a\n2\n"))
        #expect(work.datasets.rows == [#"["1"]"#, #"["2"]"#])
        work.datasets.state.withLock { $0.checkpoint = nil }
        _ = try await work.importFile(work.upload("b\n3\n"), #","mode":"replace""#)
        #expect(work.datasets.rows == [#"["3"]"#])
    }

    @Test("a header without rows is an import of nothing, an empty file a failure")
    func empty() async throws {
        #expect(try await work.importFile(work.upload("a,b\n")).count("recordsProcessed") == 0)
        #expect(work.datasets.state.withLock(\.columns) == ["a", "b"])
        work.datasets.state.withLock { $0.checkpoint = nil }
        #expect(await failure { _ = try await work.importFile(work.upload("")) }?.code == "empty_file")
    }

    /// A thousand names that are allowed each, and not together.
    private static let wideHeader = (0..<1000).map { "\($0)" + String(repeating: "y", count: 600) }.joined(
        separator: ","
    )

    @Test("what cannot be imported says why, once and for all")
    func failures() async throws {
        #expect(await failure { _ = try await work.importFile(work.upload("a,\"b\n1,2\n")) }?.code == "invalid_header")
        for header in [String(repeating: "x", count: 1025), Self.wideHeader] {
            #expect(
                await failure { _ = try await work.importFile(work.upload("\(header)\n1\n")) }?.code == "invalid_header"
            )
        }
        let missing = JobIDGenerator().next(at: Date())
        #expect(await failure { _ = try await work.importFile(missing) }?.code == "upload_not_found")
        #expect(
            await failure { _ = try await work.importFile(work.upload("PK\u{3}\u{4}xyz\n1\n")) }?.code
                == "unsupported_format"
        )
        _ = try await work.importFile(work.upload("a\n1\n"))
        work.datasets.state.withLock { $0.checkpoint = nil }
        #expect(await failure { _ = try await work.importFile(work.upload("b\n1\n")) }?.code == "columns_differ")
    }

    @Test("progress grows by bytes to 99, and says how many rows")
    func progress() async throws {
        let text = "a,b\n" + (0..<10_000).map { "\($0),value\n" }.joined()
        _ = try await work.importFile(work.upload(text))
        let reports = work.datasets.state.withLock(\.reports)
        let progress = reports.compactMap(\.progress)
        #expect(progress == progress.sorted() && progress.last == 99)
        #expect(reports.first?.message == "Importing rows: 2000 rows")
        #expect(work.datasets.state.withLock(\.batches).allSatisfy { $0 <= RowCollector.rowsPerBatch })
    }

    @Test("wide rows make small batches")
    func wideRows() async throws {
        let cell = String(repeating: "x", count: 50_000)
        _ = try await work.importFile(work.upload("a\n" + (0..<40).map { _ in cell + "\n" }.joined()))
        #expect(work.datasets.state.withLock(\.batches).allSatisfy { $0 <= 6 })
        #expect(work.datasets.rows.count == 40)
    }
}
#endif
