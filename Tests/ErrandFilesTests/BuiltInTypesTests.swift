#if Files
import Errand
import ErrandFiles
import Foundation
import Testing

@Suite("Built-in types in an installation", .timeLimit(.minutes(5)))
struct BuiltInTypesTests {
    @Test("a file is imported, its bad rows reported, and exported again", arguments: InstalledStore.allCases)
    func importAndExport(_ store: InstalledStore) async throws {
        let text = "id,name\n" + (0..<5000).map { "\($0),name \($0)\n" }.joined() + "bad\n"
        try await working(store) { installed in
            let id = try await installed.upload(text)
            let submitted = try await installed.submit("Import", #"{"source":{"upload":"\#(id)"},"dataset":"people"}"#)
            let imported = try await installed.client.wait(for: submitted)
            #expect(imported.status == .completed, "\(imported.error ?? "")")
            #expect(
                imported.result?.string
                    == #"{"recordsProcessed":5001,"recordsCreated":5000,"recordsUpdated":0,"errors":1,"#
                    + #""errorReport":"errors.csv"}"#
            )
            #expect(try await installed.client.files(submitted).map(\.name) == ["errors.csv"])
            let export = try await installed.client.wait(
                for: installed.submit("Export", #"{"dataset":"people","filename":"p.csv"}"#)
            )
            #expect(export.status == .completed, "\(export.error ?? "")")
            #expect(export.resultType == .url)
            let bytes = try await ObjectStoreCheck.read(
                installed.objects.get(#require(export.resultLocation), range: nil)
            )
            let expected = text.replacingOccurrences(of: "bad\n", with: "").replacingOccurrences(of: "\n", with: "\r\n")
            #expect(String(decoding: bytes, as: UTF8.self) == expected)
        }
    }

    @Test("a refused payload never becomes a job", arguments: InstalledStore.allCases)
    func refused(_ store: InstalledStore) async throws {
        try await Installed.with(store) { installed in
            let error = await #expect(throws: JobStoreError.self) {
                _ = try await installed.submit(
                    "Import",
                    #"{"source":{"url":"http://example.com/a.csv"},"dataset":"d"}"#
                )
            }
            #expect(error?.pointer?.hasSuffix("/payload/source") == true)
        }
    }

    @Test("a command's output becomes the job's result and log", arguments: InstalledStore.allCases)
    func command(_ store: InstalledStore) async throws {
        try await working(store) { installed in
            let job = try await installed.client.wait(for: installed.submit("shout", #"{"a":"b"}"#))
            #expect(job.result?.string == #"{"A":"B"}"#, "\(job.error ?? "")")
            #expect(try await installed.client.logs(.id(job.id)).map(\.line.message) == ["started"])
        }
    }

    @Test("a cancelled command stops", arguments: InstalledStore.allCases)
    func cancelledCommand(_ store: InstalledStore) async throws {
        try await working(store) { installed in
            let job = try await installed.submit("hang", "{}")
            for try await state in installed.client.changes(of: job) where state.status == .running { break }
            let cancelled = try await installed.client.cancel(job)
            #expect(cancelled.status == .cancelled)
            for try await state in installed.client.changes(of: job) where state.cancelAcknowledgedAt != nil { break }
        }
    }

    /// Runs a worker on the store for as long as the body needs it.
    private func working(
        _ store: InstalledStore,
        _ body: @escaping @Sendable (Installed) async throws -> Void
    ) async throws {
        try await Installed.with(store) { installed in try await installed.working { try await body(installed) } }
    }
}
#endif
