#if Files
import Errand
@testable import ErrandFiles
import Foundation
import Testing

@Suite("Links to local files", .timeLimit(.minutes(5)))
struct LinkTests {
    let folder: TemporaryFolder
    let store: LocalObjectStore
    let now = Date(timeIntervalSince1970: 1_800_000_000)
    let key = ObjectStoreCheck.newKey(tenant: "a/b")

    init() throws {
        folder = try TemporaryFolder()
        store = try LocalObjectStore(folder: folder.path, clock: FixedClock(wall: now))
    }

    private func token(_ filename: String = "routes.csv") async throws -> String {
        let link = try await store.link(to: key, filename: filename, for: .seconds(60))
        #expect(link.hasPrefix("/api/files/"))
        return String(link.dropFirst("/api/files/".count))
    }

    private func code(_ token: String, at date: Date) -> ObjectStoreError.Code? {
        do throws(ObjectStoreError) {
            _ = try store.open(token, at: date)
            return nil
        } catch {
            return error.code
        }
    }

    @Test("a link gives back the key and the name", arguments: ["routes.csv", "", "naïve \"quoted\"\r\n.csv"])
    func roundTrip(_ filename: String) async throws {
        let opened = try store.open(await token(filename), at: now)
        #expect(opened == (key, filename))
    }

    @Test("a link expires when its time is over")
    func expiry() async throws {
        let token = try await token()
        #expect(code(token, at: now.addingTimeInterval(59.9)) == nil)
        #expect(code(token, at: now.addingTimeInterval(60)) == .expired)
    }

    @Test("a link with any character changed, removed or added is invalid")
    func tampering() async throws {
        let token = try await token()
        for index in token.indices {
            for replacement in ["A", "B", "_", "%", "=", ""] where replacement != String(token[index]) {
                let altered = token.replacingCharacters(in: index...index, with: replacement)
                #expect(code(altered, at: now) == .invalid, "\(replacement) at \(index)")
            }
        }
        for altered in ["", "A", token + "A", token + "=", token + "\0", "\(token)\n"] {
            #expect(code(altered, at: now) == .invalid)
        }
    }

    @Test("links outlive a restart, and another store's links are invalid here")
    func secret() async throws {
        let token = try await token()
        let reopened = try LocalObjectStore(folder: folder.path, clock: FixedClock(wall: now))
        #expect(try reopened.open(token, at: now).key == key)
        let other = try LocalObjectStore(folder: TemporaryFolder().path, clock: FixedClock(wall: now))
        #expect(throws: ObjectStoreError.self) { try other.open(token, at: now) }
    }

    @Test("the secret can be read by its owner only")
    func secretMode() throws {
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder.path)/.link-secret")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test("a damaged secret stops the start with its path")
    func damagedSecret() throws {
        try folder.write("short", to: ".link-secret")
        let error = #expect(throws: ObjectStoreError.self) { try LocalObjectStore(folder: folder.path) }
        #expect(error?.message.contains("\(folder.path)/.link-secret") == true)
    }
}

/// A clock that stands still.
struct FixedClock: JobClock {
    let wall: Date
    func now() -> StoreTime { StoreTime(wall: wall, steady: .zero) }
}
#endif
