#if Files
@testable import Errand
@testable import ErrandFiles
import Foundation
import Synchronization
import Testing

@Suite("Import, interrupted", .timeLimit(.minutes(5)))
struct ImportResumeTests {
    /// A file of several batches, with quoted line breaks and a bad row now and then.
    static let file: String = {
        var text = "\u{FEFF}id;text;note\r\n"
        for row in 0..<9000 {
            switch row % 1000 {
            case 17: text += "\(row);ragged\r\n"
            case 18: text += "\"\(row)\"x;y;z\r\n"
            case 500: text += "\(row);\"two\r\nlines\";n\r\n\r\n"
            default: text += "\(row);value \(row);n\r\n"
            }
        }
        return text
    }()

    static let losses = (0...5).flatMap { count in FakeDatasets.Loss.allCases.map { (count, $0) } }

    private func whole(_ options: String) async throws -> (rows: [String], result: JobResult, report: String) {
        let work = try FileWork()
        let result = try await work.importFile(work.upload(Self.file), options)
        return (work.datasets.rows, result, try await work.content(of: #require(result.files.first)))
    }

    @Test("a run lost at any batch is gone on with: no row twice, none missing, the report whole", arguments: losses)
    func resume(_ loss: (Int, FakeDatasets.Loss)) async throws {
        for options in [#","mode":"append""#, #","mode":"replace""#] {
            let expected = try await whole(options)
            #expect(expected.rows.count == 8982)
            #expect(expected.result.count("errors") == 18)
            let work = try FileWork()
            let upload = try await work.upload(Self.file)
            work.datasets.loseAppend(after: loss.0, loss.1)
            // Some losses come after the last batch: then the first run is whole.
            let first = try? await work.importFile(upload, options)
            let result = if let first { first } else { try await work.importFile(upload, options) }
            #expect(work.datasets.rows == expected.rows)
            #expect(result.value == expected.result.value)
            #expect(try await work.content(of: #require(result.files.first)) == expected.report)
            #expect(work.jobFiles.count == 1)
        }
    }

    @Test("a run lost at every batch gets through all the same")
    func lostAgainAndAgain() async throws {
        let expected = try await whole("")
        let work = try FileWork()
        let upload = try await work.upload(Self.file)
        var result: JobResult?
        for run in 0..<20 where result == nil {
            work.datasets.loseAppend(after: 1, run % 2 == 0 ? .before : .after)
            result = try? await work.importFile(upload)
        }
        #expect(result?.value == expected.result.value)
        #expect(work.datasets.rows == expected.rows)
    }

    @Test("a report that was stored by a run that was lost then is deleted by the next")
    func orphanedReport() async throws {
        let work = try FileWork()
        let upload = try await work.upload(Self.file)
        let lost = try await work.importFile(upload)
        let again = try await work.importFile(upload)
        #expect(again.value == lost.value)
        #expect(try await work.content(of: #require(again.files.first)).split(separator: "\r\n").count == 19)
        #expect(work.jobFiles.map { $0.hasSuffix(again.files[0].key) } == [true])
    }

    @Test("a replace whose generation is gone begins anew")
    func lostGeneration() async throws {
        let expected = try await whole(#","mode":"replace""#)
        let work = try FileWork()
        let upload = try await work.upload(Self.file)
        work.datasets.loseAppend(after: 2, .after)
        _ = try? await work.importFile(upload, #","mode":"replace""#)
        work.datasets.state.withLock { state in
            state.generation += 5
            state.filling = nil
        }
        let result = try await work.importFile(upload, #","mode":"replace""#)
        #expect(work.datasets.rows == expected.rows)
        #expect(result.value == expected.result.value)
    }

    @Test("many bad rows keep the checkpoint small")
    func checkpointSize() async throws {
        let work = try FileWork()
        let pad = String(repeating: "x", count: 70_000)
        let text = "a,b\n" + (0..<300).map { "bad\n\($0),\(pad)\n" }.joined()
        let result = try await work.importFile(work.upload(text))
        #expect(result.count("errors") == 300)
        let report = try await work.content(of: #require(result.files.first))
        #expect(report.split(separator: "\r\n").count == 301)
        let largest = work.datasets.state.withLock { $0.reports.compactMap { $0.checkpoint?.utf8Count }.max() }
        #expect(largest.map { $0 < 16 * 1024 } == true)
    }
}
#endif
