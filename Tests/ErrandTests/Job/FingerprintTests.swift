import FoundationEssentials
import Testing

@testable import Errand

@Suite("By what a repeated submit is known", .timeLimit(.minutes(5)))
struct FingerprintTests {
    private func canonical(_ text: String) throws -> String {
        var bytes: [UInt8] = []
        CanonicalJSON.append(try JSONText(validating: text, limits: JSONLimits(maximumDepth: 512)), to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(
        "JSON has one form however it is written, and numbers stay as they are spelt",
        arguments: [
            ("{ }", "{}"), (" [ ] ", "[]"), ("\t[1 ,\n2.0 , -0e+1]", "[1,2.0,-0e+1]"), ("null", "null"),
            (#"{"b":1,"a":{"d":true,"c":[{"y":"","x":null}]}}"#, #"{"a":{"c":[{"x":null,"y":""}],"d":true},"b":1}"#),
            (#""\u0041\/\u00e9\ud83d\ude00\n\u001f\"\\""#, #""A/é😀\n\u001f\"\\""#),
            (#"{"a!":1,"a":2,"\u0061 ":3}"#, #"{"a ":3,"a!":1,"a":2}"#),
            ("12345678901234567890.10", "12345678901234567890.10"),
        ]
    )
    func canonicalForm(_ text: String, _ expected: String) throws {
        #expect(try Array(canonical(text).utf8) == Array(expected.utf8))
    }

    @Test("a text of any depth that is kept has a canonical form, and broken ones end too")
    func depth() throws {
        let deep = String(repeating: #"[{"a":"#, count: 256) + "1" + String(repeating: "}]", count: 256)
        #expect(try canonical(deep) == deep)
        for broken in [
            "{", "[", "\"", "{\"a", "{\"a\":", "[1,", "\"\\", "}", ":", "", String(repeating: "[", count: 2000),
        ] {
            var bytes: [UInt8] = []
            CanonicalJSON.append(JSONText(trusted: broken), to: &bytes)
            #expect(bytes.count <= 2 * broken.utf8.count + 8)
        }
    }

    @Test(
        "SHA-256 is that of FIPS 180-4",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb924"), ("abc", "ba7816bf8f01cfea414140de5dae2223"),
            ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039"),
            (String(repeating: "a", count: 64), "ffe054fe7ae0cb6dc65c3af9b61d5209"),
            (String(repeating: "a", count: 1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67"),
        ]
    )
    func digest(_ text: String, _ expected: String) {
        #expect(SubmitDigest(Array(text.utf8)).text == expected)
    }

    @Test("a fingerprint is the same in every version, and those of the version before are compared by its rule")
    func versions() throws {
        var job = NewJob(type: "work", payload: try JSONText(validating: #"{"a":1}"#))
        #expect(job.fingerprint.text == "2:a1cb3eab6bace373a593054cbbbaecd4")
        #expect(job.earlierFingerprint == "e9213bcb69fac817-72a5d06415aefa12")
        #expect(job.repeats("2:a1cb3eab6bace373a593054cbbbaecd4") && job.repeats("e9213bcb69fac817-72a5d06415aefa12"))
        #expect(job.repeats("2:00:a1cb3eab6bace373a593054cbbbaecd4"))
        #expect(!job.repeats(nil) && !job.repeats("2:00") && !job.repeats("2:") && !job.repeats(""))
        job.payload = try JSONText(validating: #"{ "a":1}"#)
        #expect(job.repeats("2:a1cb3eab6bace373a593054cbbbaecd4"))
        #expect(!job.repeats("e9213bcb69fac817-72a5d06415aefa12"))
    }

    @Test("each thing that a submit says makes it another, but for its id and its trace")
    func everything() {
        let id = JobID(high: 0x0189_0000_0000_7000, low: 0x8000_0000_0000_0001)
        let changes: [(inout NewJob) -> Void] = [
            { $0.type = "other" }, { $0.queue = "other" }, { $0.payload = JSONText(trusted: #"{"a":2}"#) },
            { $0.projectId = "p" }, { $0.projectName = "p" }, { $0.priority = 1 },
            { $0.runAt = Moment(clamping: Date(timeIntervalSince1970: 1)) }, { $0.delaySeconds = 1 },
            { $0.after = [id] },
            { $0.maxAttempts = 4 }, { $0.timeoutSeconds = 4 }, { $0.uniqueKey = "p" }, { $0.onConflict = .reject },
            { $0.metadata = JSONText(trusted: #"{"a":2}"#) }, { $0.data = .emptyObject },
            { $0.internalData = .emptyObject }, { $0.recordExpiresAt = 1 }, { $0.createdBy = "p" },
            { $0.createdByName = "p" }, { $0.uploads = [id] }, { $0.tracking = Tracking() },
            { $0.tracking = Tracking(staleAfterSeconds: 1) }, { $0.startsRunning = true },
            { $0.webhook = JobWebhook(url: "https://a.example/", secret: "s") },
            { $0.webhook = JobWebhook(url: "https://a.example/", secret: "t") },
            { $0.projectId = "é" }, { $0.projectId = "e\u{301}" },
        ]
        var seen: Set = [NewJob(type: "work").fingerprint]
        for (place, change) in changes.enumerated() {
            var job = NewJob(type: "work")
            change(&job)
            #expect(seen.insert(job.fingerprint).inserted, "change \(place)")
            (job.id, job.traceparent) = (id, "00-1-1-01")
            #expect(seen.contains(job.fingerprint))
        }
    }
}
