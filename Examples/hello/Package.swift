// swift-tools-version: 6.3
import PackageDescription

let package = Package(
    name: "hello",
    platforms: [.macOS(.v15)],
    dependencies: [
        // The library and the SQLite store; no traits, so neither the server nor the command is built.
        .package(name: "errand", path: "../..", traits: []),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.0"),
    ],
    targets: [
        .executableTarget(
            name: "Hello",
            dependencies: [
                .product(name: "Errand", package: "errand"),
                .product(name: "ErrandSQLite", package: "errand"),
                .product(name: "Hummingbird", package: "hummingbird"),
            ]
        ),
        .testTarget(
            name: "HelloTests",
            dependencies: ["Hello", .product(name: "ErrandTesting", package: "errand")]
        ),
    ]
)
