#if Server
import ArgumentParser
import Errand
import FoundationEssentials

/// Makes, lists and revokes API keys.
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Make, list and revoke API keys, for a server with --auth keys.",
        discussion: """
            A server that runs asks for a key with admin in ERRAND_KEY. Without one (the first key of an installation \
            on SQLite is made before its server starts) the store is opened itself.
            """,
        subcommands: [List.self, Create.self, Revoke.self],
        defaultSubcommand: List.self
    )

    /// Lists keys.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the keys; their secrets are kept nowhere.")

        @OptionGroup var access: AccessOptions

        func run() async throws {
            try await access.with { jobs in
                let keys = try await jobs.keys()
                if access.json { return JSONLines.print(keys) }
                var table = Table([
                    ("ID", .left), ("NAME", .left), ("TENANT", .left), ("STATE", .left), ("LAST USED", .left),
                    ("SCOPES", .left),
                ])
                for key in keys { table.add(KeysCommand.cells(key, now: Date())) }
                table.print(empty: "No keys.")
            }
        }
    }

    /// Makes a key.
    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a key and print its secret, which cannot be shown again."
        )

        @Argument(help: "What to call it.") var name: String
        @Option(help: ArgumentHelp("What it is for: \(KeysCommand.known).", valueName: "a,b"))
        var scopes: String
        @Option(help: "The tenant it is for; default unless said otherwise.")
        var tenant: String?
        @Flag(help: "For the whole installation, whatever the tenant.")
        var installation = false
        @Option(help: ArgumentHelp("Only for this project; may be repeated.", valueName: "project"))
        var project: [String] = []
        @Option(help: ArgumentHelp("How long it is valid, such as 90d.", valueName: "time"))
        var expires: String?
        @OptionGroup var access: AccessOptions

        func run() async throws {
            // The first key is made before the first start.
            try await access.with(makingStore: true) { jobs in
                let key = try await jobs.createKey(body())
                guard !access.json else { return JSONLines.print([key]) }
                StandardStream.output.print(key.string("key") ?? "")
                let id = key.string("id") ?? ""
                StandardStream.error.print("Keep it: it is not shown again. Revoke it with: errand keys revoke \(id)")
            }
        }

        private func body() throws -> JSONText {
            guard tenant == nil || !installation else {
                throw CommandFailure(.usage, "Give either --tenant or --installation, not both.")
            }
            let end = try expires.map { text in
                guard let time = DurationText(text) else {
                    throw CommandFailure(.usage, "--expires is \"\(text)\"; expected \(DurationText.expectation).")
                }
                return Date().later(by: time.duration)
            }
            var writer = JSONWriter()
            writer.object { writer in
                writer.member("name", name)
                writer.member("scopes") { $0.array(scopes.split(separator: ",").map(String.init)) }
                if installation { writer.memberNull("tenantId") } else { writer.memberIfPresent("tenantId", tenant) }
                if !project.isEmpty { writer.member("projects") { $0.array(project) } }
                writer.memberIfPresent("expiresAt", end)
            }
            return writer.text
        }
    }

    /// Revokes a key.
    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Withdraw a key for good; a server takes up to 10 seconds to notice."
        )

        @Argument(help: "The key's id.") var id: String
        @OptionGroup var access: AccessOptions

        func run() async throws {
            guard let key = JobID(id) else {
                throw CommandFailure(.usage, "\"\(id)\" is no id; errand keys lists them.")
            }
            try await access.with { jobs in
                try await jobs.revokeKey(key)
                StandardStream.output.print("Revoked \(key).")
            }
        }
    }

    private static let known = AccessScope.allCases.map(\.rawValue).joined(separator: ", ")

    private static func cells(_ key: Document, now: Date) -> [String?] {
        let end = key.string("expiresAt").flatMap(RFC3339.parse)
        let state = key.string("revokedAt") != nil ? "revoked" : end.map { $0 <= now } == true ? "expired" : "valid"
        // What is no list is shown as none.
        let scopes = ((try? key["scopes"]?.elements()) ?? []).compactMap(\.stringValue).joined(separator: " ")
        return [
            key.string("id"), key.string("name"), key.string("tenantId") ?? "(all)", state,
            key.string("usedAt") ?? "never", scopes,
        ]
    }
}

extension JSONWriter {
    fileprivate mutating func array(_ texts: [String]) {
        array { writer in for text in texts { writer.value(text) } }
    }
}
#endif
