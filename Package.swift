// swift-tools-version: 6.3
import PackageDescription

// Traits keep the inner loop short: `swift test --disable-default-traits` builds the core, the SQLite store and the
// conformance suite and fetches nothing else. See CONTRIBUTING.md.
let package = Package(
    name: "errand",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Errand", targets: ["Errand"]),
        .library(name: "ErrandTesting", targets: ["ErrandTesting"]),
        .library(name: "ErrandSQLite", targets: ["ErrandSQLite"]),
        .library(name: "ErrandPostgres", targets: ["ErrandPostgres"]),
        .library(name: "ErrandFiles", targets: ["ErrandFiles"]),
        .library(name: "ErrandHTTP", targets: ["ErrandHTTP"]),
        .executable(name: "errand", targets: ["ErrandCommand"]),
    ],
    traits: [
        .trait(name: "Files", description: "CSV import and export, object storage, command job types."),
        .trait(name: "Postgres", description: "The PostgreSQL store, through the system's libpq."),
        .trait(name: "Server", description: "The HTTP API and the errand command.", enabledTraits: ["Files"]),
        .default(enabledTraits: ["Files", "Postgres", "Server"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing.git", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-collections.git", from: "1.6.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess.git", from: "1.0.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.0"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration.git", from: "1.4.0"),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.0"),
        .package(url: "https://github.com/vapor/jwt-kit.git", from: "5.7.1"),
    ],
    targets: [
        .target(
            name: "Errand",
            dependencies: [
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Collections", package: "swift-collections"),
            ]
        ),
        .target(name: "ErrandTesting", dependencies: ["Errand"]),
        .target(
            name: "ErrandSQLite",
            dependencies: [
                "Errand",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            resources: [.embedInCode("Migrations")]
        ),
        .systemLibrary(
            name: "CPostgres",
            pkgConfig: "libpq",
            providers: [.apt(["libpq-dev"]), .brew(["libpq"])]
        ),
        .target(
            name: "ErrandPostgres",
            dependencies: ["Errand", .target(name: "CPostgres", condition: .when(traits: ["Postgres"]))],
            resources: [.embedInCode("Migrations")]
        ),
        .target(
            name: "ErrandFiles",
            dependencies: [
                "Errand",
                .product(name: "Crypto", package: "swift-crypto", condition: .when(traits: ["Files"])),
                .product(name: "Subprocess", package: "swift-subprocess", condition: .when(traits: ["Files"])),
            ]
        ),
        .target(
            name: "ErrandHTTP",
            dependencies: [
                "Errand",
                .product(name: "Hummingbird", package: "hummingbird", condition: .when(traits: ["Server"])),
                .product(
                    name: "AsyncHTTPClient",
                    package: "async-http-client",
                    condition: .when(traits: ["Server"])
                ),
                .product(name: "HummingbirdTLS", package: "hummingbird", condition: .when(traits: ["Server"])),
                .product(name: "Crypto", package: "swift-crypto", condition: .when(traits: ["Server"])),
                .product(name: "JWTKit", package: "jwt-kit", condition: .when(traits: ["Server"])),
            ]
        ),
        .executableTarget(
            name: "ErrandCommand",
            dependencies: [
                "Errand", "ErrandSQLite", "ErrandPostgres", "ErrandFiles", "ErrandHTTP",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(
                    name: "ArgumentParser",
                    package: "swift-argument-parser",
                    condition: .when(traits: ["Server"])
                ),
                .product(
                    name: "AsyncHTTPClient",
                    package: "async-http-client",
                    condition: .when(traits: ["Server"])
                ),
                .product(
                    name: "Configuration",
                    package: "swift-configuration",
                    condition: .when(traits: ["Server"])
                ),
                .product(name: "Subprocess", package: "swift-subprocess", condition: .when(traits: ["Server"])),
                .product(name: "Yams", package: "Yams", condition: .when(traits: ["Server"])),
            ]
        ),
        .testTarget(name: "ErrandTests", dependencies: ["Errand", "ErrandTesting"]),
        .testTarget(
            name: "ErrandSQLiteTests",
            dependencies: [
                "ErrandSQLite", "ErrandTesting",
                // Tests look into the file, and stand between SQLite and the disk.
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ]
        ),
        // Starts a server for the tests that need one.
        .target(name: "PostgresTestServer", path: "Tests/PostgresTestServer"),
        .testTarget(
            name: "ErrandPostgresTests",
            dependencies: ["ErrandPostgres", "ErrandTesting", "PostgresTestServer"]
        ),
        .testTarget(
            name: "ErrandFilesTests",
            dependencies: ["ErrandFiles", "ErrandSQLite", "ErrandPostgres", "ErrandTesting", "PostgresTestServer"]
        ),
        // Makes certificates for the tests of TLS.
        .target(
            name: "TestCertificates",
            dependencies: [
                .product(name: "Crypto", package: "swift-crypto", condition: .when(traits: ["Server"])),
                .product(name: "JWTKit", package: "jwt-kit", condition: .when(traits: ["Server"])),
            ],
            path: "Tests/TestCertificates"
        ),
        .testTarget(
            name: "ErrandHTTPTests",
            dependencies: [
                "ErrandHTTP", "ErrandFiles", "ErrandSQLite", "ErrandTesting", "TestCertificates",
                .product(
                    name: "HummingbirdTesting",
                    package: "hummingbird",
                    condition: .when(traits: ["Server"])
                ),
                // Tests issue tokens, and certificates.
                .product(name: "CryptoExtras", package: "swift-crypto", condition: .when(traits: ["Server"])),
                .product(name: "JWTKit", package: "jwt-kit", condition: .when(traits: ["Server"])),
            ]
        ),
        .testTarget(
            name: "CommandTests",
            dependencies: [
                "Errand", "ErrandCommand", "ErrandPostgres", "ErrandTesting", "PostgresTestServer", "TestCertificates",
            ]
        ),
        .testTarget(name: "TidyTests"),
    ]
)

for target in package.targets where target.type != .system {
    target.swiftSettings =
        (target.swiftSettings ?? []) + [
            .enableUpcomingFeature("ExistentialAny"),
            .enableUpcomingFeature("ImmutableWeakCaptures"),
            .enableUpcomingFeature("InferIsolatedConformances"),
            .enableUpcomingFeature("InternalImportsByDefault"),
            .enableUpcomingFeature("MemberImportVisibility"),
            .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
            .treatAllWarnings(as: .error),
            .treatWarning("DeprecatedDeclaration", as: .warning),
        ]
}
