import Errand
import FoundationEssentials
import Testing

extension JobStoreCheck {
    /// Searching lists, the other order, and counting what a list has.
    public static let searching: [JobStoreCheck] = [
        JobStoreCheck("a search finds a number, the beginning of an id, type or submitter, and a whole tag") { test in
            let wanted = try await test.submit("sendMail") { job in
                (job.createdBy, job.createdByName) = ("user-7", "Zoë Ärger")
                job.metadata = .checked(#"{"tags":["red one"]}"#)
            }
            for _ in 0..<3 { _ = try await test.submit("render") { $0.createdBy = "other" } }
            let id = wanted.id.description
            for text in [
                "\(wanted.number)", "#\(wanted.number)", id, id.uppercased(), "sendMail", "send", "user-7", "user",
                "Zoë", "Zoë Ä", "red one",
            ] {
                #expect(try await test.search(text) == [wanted.id], "\(text)")
            }
            for text in ["end", "sendmail", "red", "ser-7", "%", "_", "#", "zoë", "99999", "#x", "sendMail ", "'"] {
                #expect(try await test.search(text).isEmpty, "\(text)")
            }
            #expect(try await test.search(String(id.prefix(4))).contains(wanted.id))
        },
        JobStoreCheck("a search holds together with other filters, and within the scope") { test in
            let mine = try await test.submit("send", scope: .tenant("a"))
            _ = try await test.submit("send", scope: .tenant("b"))
            try await test.cancel(try await test.submit("send", scope: .tenant("a")).id)
            var filter = JobFilter()
            (filter.search, filter.statuses) = ("se", [.queued])
            let page = try await test.store.jobs(filter, page: PageRequest(), scope: .tenant("a"))
            #expect(page.jobs.map(\.id) == [mine.id])
            #expect(try await test.store.count(filter, upTo: nil, scope: .tenant("a")) == 1)
            #expect(try await test.store.count(filter, upTo: nil, scope: .system) == 2)
        },
        JobStoreCheck("a list can begin with the oldest, and goes on where the page before ended") { test in
            var numbers: [Int64] = []
            for index in 0..<7 {
                let inserted = try await test.submit()
                numbers.append(inserted.number)
                if index.isMultiple(of: 2) { try await test.cancel(inserted.id) }
            }
            var both = JobFilter()
            both.statuses = [.queued, .cancelled]
            for filter in [JobFilter(), both] {
                var seen: [Int64] = []
                var page = PageRequest(limit: 3, isOldestFirst: true)
                repeat {
                    let answer = try await test.store.jobs(filter, page: page, scope: .default)
                    seen += answer.jobs.map(\.number)
                    page.before = answer.next
                } while page.before != nil
                #expect(seen == numbers)
            }
        },
        JobStoreCheck("a count is that of the list, and stops where it is told to") { test in
            for index in 0..<5 {
                let inserted = try await test.submit { $0.queue = index < 2 ? "few" : "many" }
                if index == 4 { try await test.cancel(inserted.id) }
            }
            _ = try await test.submit(scope: .tenant("other"))
            var many = JobFilter()
            many.queue = "many"
            var waiting = many
            waiting.statuses = [.queued]
            var ended = JobFilter()
            ended.statuses = [.completed, .cancelled]
            var both = JobFilter()
            both.statuses = Set(JobStatus.allCases)
            var none = JobFilter()
            none.statuses = []
            for (filter, count) in [(JobFilter(), 5), (many, 3), (waiting, 2), (ended, 1), (both, 5), (none, 0)] {
                #expect(try await test.store.count(filter, upTo: nil, scope: .default) == count, "\(filter)")
                #expect(try await test.store.count(filter, upTo: 2, scope: .default) == min(count, 2), "\(filter)")
            }
            #expect(try await test.store.count(JobFilter(), upTo: nil, scope: .system) == 6)
        },
    ]
}

extension JobStoreUnderTest {
    fileprivate func search(_ text: String) async throws -> [JobID] {
        var filter = JobFilter()
        filter.search = text
        return try await store.jobs(filter, page: PageRequest(), scope: .default).jobs.map(\.id)
    }
}
