#if Server
import Foundation
import Testing

@Suite("Settings of errand serve", .timeLimit(.minutes(5)))
struct SettingsTests {
    /// A file, and what its refusal must name.
    static let wrong: [(yaml: String, place: String, words: String)] = [
        ("stor: sqlite:a.db\n", "errand.yaml:1", "stor is unknown"),
        ("store: mysql://x\n", "errand.yaml:1", "expected sqlite:PATH"),
        ("store: postgres://x?schema=A\n", "errand.yaml:1", "store cannot be used: \"A\" cannot be a schema's name"),
        ("\nlisten: 127.0.0.1\n", "errand.yaml:2", "expected HOST:PORT"),
        ("queues:\n  images: {concurrency: none}\n", "errand.yaml:2", "queues.images.concurrency is \"none\""),
        ("queues:\n  images: {rateLimit: {count: 0, per: 1s}}\n", "errand.yaml:2", "rateLimit.count is \"0\""),
        ("queues:\n  images: {rateLimit: {count: 5, per: 2d}}\n", "errand.yaml:2", "rateLimit.per is \"2d\""),
        ("queues:\n  images: {rateLimit: {count: 5}}\n", "errand.yaml:2", "queues.images.rateLimit.per is missing"),
        ("queues:\n  images: {rateLimit: 5}\n", "errand.yaml:2", "queues.images.rateLimit is \"5\""),
        ("queues:\n  images: {limit: 2}\n", "errand.yaml:2", "queues.images.limit is unknown"),
        ("types:\n  t: {queue: q}\n", "errand.yaml:2", "types.t.command is missing"),
        ("types:\n  t: {command: [cat], timeout: soon}\n", "errand.yaml:2", "types.t.timeout is \"soon\""),
        ("types:\n  t: {http: {url: x}}\n", "errand.yaml:2", "types.t.http is not supported yet"),
        ("types:\n  Import: {command: [cat]}\n", "errand.yaml:2", "types.Import"),
        ("types:\n  errand.bulk: {external: true}\n", "errand.yaml:2", "types.errand.bulk"),
        ("types:\n  t: {external: true, schema: 5}\n", "errand.yaml:2", "types.t.schema is \"5\""),
        ("types:\n  t: {external: true, labels: {de: [x]}}\n", "errand.yaml:2", "expected {en: text, de: text}"),
        ("bullmq: {url: x}\n", "errand.yaml:1", "bullmq is not supported yet"),
        ("grace: [1]\n", "errand.yaml:1", "grace is a list"),
        ("lease: soon\n", "errand.yaml:1", "lease is \"soon\"; expected a time span from 1s to 1h"),
        ("webhooks: {allowPrivate: maybe}\n", "errand.yaml:1", "webhooks.allowPrivate is \"maybe\""),
        ("webhooks: {proxy: x}\n", "errand.yaml:1", "webhooks.proxy is unknown"),
        ("ready: {requireWrites: maybe}\n", "errand.yaml:1", "ready.requireWrites is \"maybe\""),
        ("ready: {x: true}\n", "errand.yaml:1", "ready.x is unknown"),
        ("log: {level: loud}\n", "errand.yaml:1", "log.level is \"loud\""),
        ("store: [\n", "errand.yaml", "not valid YAML"),
        ("auth: all\n", "errand.yaml:1", "auth is \"all\"; expected none or keys"),
        ("auth: {mode: all}\n", "errand.yaml:1", "expected none or keys"),
        ("auth: {jwts: 1}\n", "errand.yaml:1", "auth.jwts is unknown; expected mode, jwt"),
        ("auth:\n  jwt: {audience: a, jwks: k}\n", "errand.yaml:2", "auth.jwt.issuer is missing"),
        ("auth:\n  jwt: {issuer: i, jwks: k}\n", "errand.yaml:2", "auth.jwt.audience is missing"),
        ("auth:\n  jwt: {issuer: i, audience: a}\n", "errand.yaml:2", "has neither keys nor jwks"),
        ("auth:\n  jwt: {issuer: i, audience: a, jwks: k, keys: [{}]}\n", "errand.yaml:2", "stands beside jwks"),
        ("auth:\n  jwt: {issuer: i, audience: a, keys: k.pem}\n", "errand.yaml:2", "auth.jwt.keys is \"k.pem\""),
        (
            "auth:\n  jwt: {issuer: i, audience: a, keys: [{file: k, algorithm: none}]}\n", "errand.yaml:2",
            "auth.jwt.keys[0].algorithm is \"none\"; expected one of RS256"
        ),
        (
            "auth:\n  jwt: {issuer: i, audience: a, keys: [{file: k}]}\n", "errand.yaml:2",
            "keys[0].algorithm is missing"
        ),
        (
            "auth:\n  jwt: {issuer: i, audience: a, jwks: k, leeway: 2m}\n", "errand.yaml:2",
            "auth.jwt.leeway is \"2m\"; expected a time span from 0s to 60s"
        ),
        ("auth:\n  jwt: {issuer: i, audience: a, jwks: none.json}\n", "auth.jwt", "none.json cannot be read"),
        ("tls: {certificate: c}\n", "errand.yaml:1", "tls.key is missing"),
        ("tls: {cert: c}\n", "errand.yaml:1", "tls.cert is unknown"),
        ("adminPort: 99999\n", "errand.yaml:1", "adminPort is \"99999\"; expected a port"),
    ]

    @Test("a wrong file stops the start with the key, its line and what was expected", arguments: wrong)
    func file(yaml: String, place: String, words: String) async throws {
        let folder = try Folder()
        try folder.write("errand.yaml", yaml)
        let refused = try await folder.errand("serve", "--port", "0", "--config", "errand.yaml")
        #expect(refused.status == 78)
        #expect(refused.errors.contains(place), "\(refused.errors)")
        #expect(refused.errors.contains(words), "\(refused.errors)")
    }

    @Test("a wrong or unknown variable of the environment is named")
    func environment() async throws {
        let folder = try Folder()
        let wrong = try await folder.errand("serve", environment: ["ERRAND_QUEUES_IMAGES_CONCURRENCY": "x"])
        #expect(wrong.status == 78)
        #expect(wrong.errors.contains("environment ERRAND_QUEUES_IMAGES_CONCURRENCY"))
        let unknown = try await folder.errand("serve", environment: ["ERRAND_STORRE": "sqlite:x.db"])
        #expect(unknown.status == 78)
        #expect(unknown.errors.contains("ERRAND_STORRE"))
    }

    @Test("flags are stronger than the environment, and it is stronger than the file")
    func precedence() async throws {
        let folder = try Folder()
        try folder.write("errand.yaml", "store: sqlite:file.db\nlog: {format: json}\n")
        let running = try Running(
            ["serve", "--port", "0", "--config", "errand.yaml", "--store", "sqlite:flag.db"],
            in: folder,
            environment: [
                "ERRAND_STORE": "sqlite:environment.db", "ERRAND_QUEUES_IMAGES_CONCURRENCY": "3",
                "ERRAND_QUEUES_MAIL_RATE_LIMIT_COUNT": "1200", "ERRAND_QUEUES_MAIL_RATE_LIMIT_PER": "1h30m",
            ]
        )
        _ = try await running.line(after: "Listening on ")
        let queues = try await folder.errand("queues", "--store", "sqlite:flag.db")
        #expect(queues.output.contains("images"))
        #expect(queues.output.contains("1,200 per 1h30m"))
        running.signal(SIGTERM)
        let stopped = await running.outcome()
        #expect(stopped.status == 0)
        #expect(stopped.errors.hasPrefix("{"))
        #expect(FileManager.default.fileExists(atPath: folder.path + "/flag.db"))
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/file.db"))
    }

    @Test("a type tells the schema and the labels that the file has")
    func descriptions() async throws {
        let folder = try Folder()
        try folder.write(
            "errand.yaml",
            """
            types:
              resize:
                external: true
                labels: {en: Resize, de: Verkleinern}
                schema:
                  type: object
                  required: [width]
                  properties:
                    width: {type: integer, minimum: 1, default: 1.5}
                    "on": {const: "1"}
                    x: {enum: [null, true]}
            """
        )
        let server = try await Server(in: folder, "--config", "errand.yaml")
        let question = ["curl", "-sS", "--fail", "\(server.url)/api/job-types/resize?lang=de"]
        let answer = try await Running(question, executable: "/usr/bin/env", in: folder).outcome().output
        #expect(answer.contains(#""label":"Verkleinern""#))
        let schema =
            #""payloadSchema":{"type":"object","required":["width"],"properties":{"width":{"type":"integer","#
            + #""minimum":1,"default":1.5},"on":{"const":"1"},"x":{"enum":[null,true]}}}"#
        #expect(answer.contains(schema), "\(answer)")
        #expect(await server.stop().status == 0)
    }

    @Test("an address that others can reach is refused with the reason")
    func loopbackOnly() async throws {
        let refused = try await Folder().errand("serve", "--host", "0.0.0.0", "--port", "0")
        #expect(refused.status == 78)
        #expect(refused.errors.contains("--auth keys and TLS (--tls-cert and --tls-key, or --behind-proxy)"))
    }

    @Test("a port that another program has is named")
    func portInUse() async throws {
        let folder = try Folder()
        let server = try await Server(in: folder)
        let port = try #require(server.url.split(separator: ":").last)
        let refused = try await folder.errand("serve", "--store", "sqlite:other.db", "--port", String(port))
        #expect(refused.status == 69)
        #expect(refused.errors.contains("port \(port)"))
        _ = await server.stop()
    }

    @Test("what is typed wrongly is refused with 64, and what is missing with 66")
    func usage() async throws {
        let folder = try Folder()
        #expect(try await folder.errand("nonsense").status == 64)
        #expect(try await folder.errand("list", "--status", "Sleeping").status == 64)
        #expect(try await folder.errand("serve", "--config", "none.yaml").status == 66)
        #expect(try await folder.errand("list", "--server", "http://127.0.0.1:1").status == 69)
        #expect(try await folder.errand("version").status == 0)
    }
}
#endif
