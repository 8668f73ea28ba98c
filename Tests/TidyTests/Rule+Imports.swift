extension Rule {
    /// What each target may import, besides ``everywhere``: docs/architecture.md draws the same picture.
    static let allowedImports: [String: Set<String>] = [
        "Errand": [
            "ServiceLifecycle", "Collections", "DequeModule", "HeapModule", "OrderedCollections",
        ],
        "ErrandTesting": ["Errand", "Testing"],
        "ErrandSQLite": ["Errand", "GRDB", "GRDBSQLite"],
        "ErrandPostgres": ["Errand", "CPostgres"],
        "ErrandFiles": ["Errand", "Crypto", "Subprocess", "System", "SystemPackage"],
        // Hummingbird, and what its API is made of: the server's settings, its lifecycle, the channel behind a request.
        "ErrandHTTP": [
            "Errand", "Hummingbird", "HummingbirdCore", "HummingbirdTLS", "HTTPTypes", "NIOCore", "NIOFoundationCompat",
            "NIOHTTPTypes", "NIOSSL", "ServiceLifecycle", "Crypto", "JWTKit",
            // Requests to addresses that tenants chose, and the threads that resolve their names.
            "AsyncHTTPClient", "NIOHTTP1", "NIOPosix",
        ],
        // AsyncHTTPClient's requests are written in types of NIOHTTP1, its connection errors in those of NIOPosix.
        "ErrandCommand": [
            "Errand", "ErrandSQLite", "ErrandPostgres", "ErrandFiles", "ErrandHTTP", "NIOHTTP1", "NIOPosix", "NIOSSL",
            "ArgumentParser", "AsyncHTTPClient", "Configuration", "Hummingbird", "HTTPTypes", "NIOCore",
            "NIOFoundationCompat", "ServiceLifecycle", "Subprocess", "System", "SystemPackage", "UnixSignals", "Yams",
        ],
    ]

    static let everywhere: Set = ["Logging", "Metrics", "Tracing", "FoundationEssentials", "Synchronization"]

    /// Tied to a platform, or heavy: allowed where a comment on the line or the line before says why.
    static let withReason: Set = ["Glibc", "Musl", "Darwin", "Dispatch", "SwiftOverlayShims"]

    static let imports = Rule(name: "targets import only what they may") { file in
        guard !file.isTest else { return [] }
        guard let allowed = allowedImports[file.target] else {
            return [Finding(file, index: 0, "add \(file.target) to allowedImports")]
        }
        return file.code.indices.compactMap { index in
            guard let module = importedModule(file.code[index]) else { return nil }
            if allowed.contains(module) || everywhere.contains(module) { return nil }
            // The core stays free of full Foundation whatever the reason: it would weigh on everyone who uses it.
            let needsReason = withReason.contains(module) || (module == "Foundation" && file.target != "Errand")
            guard needsReason else { return Finding(file, index: index, "\(file.target) must not import \(module)") }
            return file.hasReason(at: index) ? nil : Finding(file, index: index, "say why it needs \(module)")
        }
    }

    /// `GRDB` for `@preconcurrency internal import GRDB`; `Foundation` for `import struct Foundation.Date`.
    static func importedModule(_ line: String) -> String? {
        let words = line.split { $0 == " " || $0 == ";" }
        guard let keyword = words.firstIndex(of: "import"), keyword + 1 < words.count else { return nil }
        let modifiers: Set<Substring> = ["public", "package", "internal", "fileprivate", "private"]
        guard words[..<keyword].allSatisfy({ $0.hasPrefix("@") || modifiers.contains($0) }) else { return nil }
        let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "typealias", "func", "let", "var"]
        let name = words[(keyword + 1)...].first { !kinds.contains($0) }
        return name.map { String($0.prefix { $0 != "." }) }
    }
}
