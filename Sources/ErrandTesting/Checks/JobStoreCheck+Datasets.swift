import Errand
import FoundationEssentials
import Testing

extension JobStoreCheck {
    /// Datasets; for stores that conform to ``Errand/DatasetStore``, and not part of ``all``.
    public static let datasets: [JobStoreCheck] = [
        JobStoreCheck("appended rows are visible at once, in order, with the checkpoint") { test in
            let datasets = try #require(test.store as? any DatasetStore)
            let lease = try await test.run()
            let write = try await datasets.begin(.append, ["a", "b"], lease)
            var report = RunReport(lease: lease)
            report.checkpoint = .checked("2")
            try await datasets.append([.checked("[1,2]"), .checked("[3,4]")], to: write, report: report)
            let dataset = try await datasets.dataset("d", projectId: "p", scope: .default)
            #expect(dataset.rowCount == 2 && dataset.columns == ["a", "b"])
            let rows = try await datasets.rows(of: dataset, after: 0, limit: 9)
            #expect(rows.map(\.values.string) == ["[1,2]", "[3,4]"])
            let rest = try await datasets.rows(of: dataset, after: try #require(rows.first).position, limit: 9)
            #expect(rest == Array(rows.dropFirst()))
            #expect(try await test.read(lease.id).checkpoint == .checked("2"))
        },
        JobStoreCheck("a replacement is visible when it is finished") { test in
            let datasets = try #require(test.store as? any DatasetStore)
            let lease = try await test.run()
            let first = try await datasets.begin(.append, ["a"], lease)
            try await datasets.append([.checked("[1]")], to: first, report: RunReport(lease: lease))
            try await datasets.finishWrite(first, lease: lease)
            let second = try await datasets.begin(.replace, ["x", "y"], lease)
            try await datasets.append([.checked("[8,9]")], to: second, report: RunReport(lease: lease))
            let before = try await datasets.dataset("d", projectId: "p", scope: .default)
            #expect(before.columns == ["a"] && before.rowCount == 1)
            try await datasets.finishWrite(second, lease: lease)
            let after = try await datasets.dataset("d", projectId: "p", scope: .default)
            #expect(after.columns == ["x", "y"] && after.rowCount == 1)
            #expect(try await datasets.rows(of: after, after: 0, limit: 9).map(\.values.string) == ["[8,9]"])
        },
        JobStoreCheck("a lost job goes on with the generation it had") { test in
            let datasets = try #require(test.store as? any DatasetStore)
            let lost = try await test.run(lease: .seconds(1))
            let write = try await datasets.begin(.replace, ["a"], lost)
            try await datasets.append([.checked("[1]")], to: write, report: RunReport(lease: lost))
            try await test.advance(.seconds(1))
            _ = try await test.store.reap(limit: 1)
            let lease = try await test.claimOne()
            #expect(try await datasets.begin(.replace, ["a"], lease) == write)
            await expect(.fenced) {
                try await datasets.append([.checked("[0]")], to: write, report: RunReport(lease: lost))
            }
            await expect(.fenced) { try await datasets.finishWrite(write, lease: lost) }
            try await datasets.append([.checked("[2]")], to: write, report: RunReport(lease: lease))
            try await datasets.finishWrite(write, lease: lease)
            let dataset = try await datasets.dataset("d", projectId: "p", scope: .default)
            #expect(try await datasets.rows(of: dataset, after: 0, limit: 9).map(\.values.string) == ["[1]", "[2]"])
        },
        JobStoreCheck("other columns, another's replacement and a stale lease are refused") { test in
            let datasets = try #require(test.store as? any DatasetStore)
            let lease = try await test.run()
            let write = try await datasets.begin(.append, ["a"], lease)
            try await datasets.append([.checked("[1]")], to: write, report: RunReport(lease: lease))
            try await datasets.finishWrite(write, lease: lease)
            await expect(.invalid) { _ = try await datasets.begin(.append, ["b"], lease) }
            _ = try await datasets.begin(.replace, ["c"], lease)
            let other = try await test.run()
            await expect(.conflict) { _ = try await datasets.begin(.replace, ["d"], other) }
            await expect(.conflict) { _ = try await datasets.begin(.append, ["a"], other) }
            await expect(.conflict) {
                try await datasets.deleteDataset("d", projectId: "p", scope: .default)
            }
            try await test.fail(lease)
            _ = try await datasets.begin(.replace, ["d"], other)
            await expect(.fenced) { _ = try await datasets.begin(.append, ["a"], lease) }
        },
        JobStoreCheck("a dataset is its tenant's, and can be deleted") { test in
            let datasets = try #require(test.store as? any DatasetStore)
            let lease = try await test.run()
            let write = try await datasets.begin(.append, ["a"], lease)
            try await datasets.finishWrite(write, lease: lease)
            #expect(try await datasets.datasets(projectId: "p", scope: .default).map(\.reference.name) == ["d"])
            for scope in [Scope.tenant("b"), .tenant("default", projects: ["q"])] {
                #expect(try await datasets.datasets(projectId: "p", scope: scope).isEmpty)
                await expect(.notFound) { _ = try await datasets.dataset("d", projectId: "p", scope: scope) }
                await expect(.notFound) { try await datasets.deleteDataset("d", projectId: "p", scope: scope) }
            }
            try await datasets.deleteDataset("d", projectId: "p", scope: .default)
            await expect(.notFound) { _ = try await datasets.dataset("d", projectId: "p", scope: .system) }
        },
        JobStoreCheck("datasets, projects, tenants and columns that are spelt otherwise are others") { test in
            let datasets = try #require(test.store as? any DatasetStore)
            for (one, other) in spellings {
                for (tenant, name) in [(one, one), (one, other), (other, one)] {
                    let lease = try await test.run(scope: .tenant(tenant))
                    let write = try await datasets.begin(.append, [name.text], lease, tenant: tenant, name: name)
                    try await datasets.append([.checked("[1]")], to: write, report: RunReport(lease: lease))
                    try await datasets.finishWrite(write, lease: lease)
                    await expect(.invalid, pointer: "/dataset") {
                        let others = name == one ? other : one
                        let lease = try await test.run(scope: .tenant(tenant))
                        _ = try await datasets.begin(.append, [others.text], lease, tenant: tenant, name: name)
                    }
                }
                let own = try await datasets.datasets(projectId: "p", scope: .tenant(one))
                #expect(own.map(\.reference.name) == [one, other].sorted() && own.allSatisfy { $0.rowCount == 1 })
                #expect(
                    try await datasets.datasets(projectId: "p", scope: .tenant(other)).map(\.reference.name) == [one]
                )
                try await datasets.deleteDataset(other, projectId: "p", scope: .tenant(one))
                #expect(try await datasets.dataset(one, projectId: "p", scope: .tenant(one)).reference.name == one)
                await expect(.notFound) { _ = try await datasets.dataset(one, projectId: other, scope: .tenant(one)) }
            }
        },
        JobStoreCheck("datasets of one name are apart by tenant, and listed by name") { test in
            let datasets = try #require(test.store as? any DatasetStore)
            for (tenant, name) in [("a", "d"), ("b", "d"), ("a", "c"), ("a", "Z")] as [(Name, Name)] {
                let lease = try await test.run(scope: .tenant(tenant))
                let write = try await datasets.begin(.append, ["x"], lease, tenant: tenant, name: name)
                try await datasets.append([.checked("[\"\(tenant)\"]")], to: write, report: RunReport(lease: lease))
                try await datasets.finishWrite(write, lease: lease)
                try await test.complete(lease)
            }
            let all = try await datasets.datasets(projectId: "p", scope: .system).map(\.reference)
            #expect(all.map(\.name) == ["Z", "c", "d", "d"])
            #expect(all.map(\.tenantId) == ["a", "a", "a", "b"])
            let own = try await datasets.datasets(projectId: "p", scope: .tenant("b"))
            #expect(own.map(\.reference.name) == ["d"])
            let rows = try await datasets.rows(of: try #require(own.first), after: 0, limit: 9)
            #expect(rows.map(\.values.string) == [#"["b"]"#])
            try await datasets.deleteDataset("d", projectId: "p", scope: .tenant("a"))
            #expect(try await datasets.dataset("d", projectId: "p", scope: .tenant("b")).rowCount == 1)
            #expect(try await datasets.datasets(projectId: "q", scope: .system).isEmpty)
        },
        JobStoreCheck("cells and column names come back as they were given") { test in
            let datasets = try #require(test.store as? any DatasetStore)
            let lease = try await test.run()
            let columns = ["", "NULL", #"a"b\c"#, "{x,y}", "é\u{1F600}", " "]
            let write = try await datasets.begin(.append, columns, lease)
            #expect(try await datasets.begin(.append, columns, lease) == write)
            let cells = [
                #"["NULL",null,"","a\"b\\c","{x,y}","\u0000"]"#, "[]", #"[1.0,10e2,-0, true ,"é😀\n","'$1'"]"#,
            ]
            try await datasets.append(cells.map { .checked($0) }, to: write, report: RunReport(lease: lease))
            try await datasets.append([], to: write, report: RunReport(lease: lease))
            let dataset = try await datasets.dataset("d", projectId: "p", scope: .default)
            #expect(dataset.columns == columns && dataset.rowCount == 3)
            #expect(try await test.isNow(dataset.updatedAt))
            #expect(try await datasets.rows(of: dataset, after: 0, limit: 9).map(\.values.string) == cells)
            #expect(try await datasets.rows(of: dataset, after: 0, limit: 0).isEmpty)
        },
        JobStoreCheck("jobs that append at once lose no row, and their batches stay whole") { test in
            let datasets = try #require(test.store as? any DatasetStore)
            var leases: [JobLease] = []
            for _ in 0..<4 { leases.append(try await test.run()) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (writer, lease) in leases.enumerated() {
                    group.addTask {
                        let write = try await datasets.begin(.append, ["a"], lease)
                        for _ in 0..<5 {
                            let rows = Array(repeating: JSONText.checked("[\(writer)]"), count: 10)
                            try await datasets.append(rows, to: write, report: RunReport(lease: lease))
                        }
                        try await datasets.finishWrite(write, lease: lease)
                    }
                }
                try await group.waitForAll()
            }
            let dataset = try await datasets.dataset("d", projectId: "p", scope: .default)
            let rows = try await datasets.rows(of: dataset, after: 0, limit: 1000)
            #expect(dataset.rowCount == 200 && rows.count == 200)
            #expect(Set(rows.map(\.position)).count == 200)
            for start in stride(from: 0, to: rows.count, by: 10) {
                #expect(Set(rows[start...].prefix(10).map(\.values)).count == 1)
            }
            #expect(Dictionary(grouping: rows, by: \.values).values.allSatisfy { $0.count == 50 })
        },
        JobStoreCheck("of jobs that add the first rows the first decides on the columns") { test in
            let datasets = try #require(test.store as? any DatasetStore)
            let (first, second) = (try await test.run(), try await test.run())
            let write = try await datasets.begin(.append, ["a"], first)
            await expect(.conflict) { _ = try await datasets.begin(.append, ["b"], second) }
            _ = try await datasets.begin(.append, ["a"], second)
            try await test.fail(second)
            try await datasets.finishWrite(write, lease: first)
            _ = try await datasets.begin(.append, ["b"], first)
            #expect(try await datasets.dataset("d", projectId: "p", scope: .default).columns == ["b"])
        },
        JobStoreCheck("a write that is finished takes no more rows, and can be finished again") { test in
            let datasets = try #require(test.store as? any DatasetStore)
            let lease = try await test.run()
            for mode in DatasetWriteMode.allCases {
                let write = try await datasets.begin(mode, ["a"], lease)
                try await datasets.append([.checked("[1]")], to: write, report: RunReport(lease: lease))
                try await datasets.finishWrite(write, lease: lease)
                let dataset = try await datasets.dataset("d", projectId: "p", scope: .default)
                try await datasets.finishWrite(write, lease: lease)
                await expect(.conflict) {
                    try await datasets.append([.checked("[2]")], to: write, report: RunReport(lease: lease))
                }
                #expect(try await datasets.dataset("d", projectId: "p", scope: .default) == dataset)
                #expect(try await datasets.rows(of: dataset, after: 0, limit: 9).map(\.values.string) == ["[1]"])
            }
        },
        JobStoreCheck("rows that nobody sees any more are deleted by pruning") { test in
            let datasets = try #require(test.store as? any DatasetStore)
            let rows = Array(repeating: JSONText.checked("[1]"), count: 2100)
            let lease = try await test.run()
            var dead: [Dataset] = []
            for _ in 0..<2 {
                let write = try await datasets.begin(.replace, ["a"], lease)
                try await datasets.append(rows, to: write, report: RunReport(lease: lease))
                try await datasets.finishWrite(write, lease: lease)
                dead.append(try await datasets.dataset("d", projectId: "p", scope: .default))
            }
            let abandoned = try await datasets.begin(.replace, ["a"], lease)
            try await datasets.append(rows, to: abandoned, report: RunReport(lease: lease))
            try await test.fail(lease)
            var unseen = dead[1]
            unseen.generation = abandoned.generation
            for _ in 0..<20 { if try await !test.prune().hasMore { break } }
            #expect(try await datasets.rows(of: dead[0], after: 0, limit: 1).isEmpty)
            #expect(try await datasets.rows(of: dead[1], after: 0, limit: 9999).count == rows.count)
            try await datasets.deleteDataset("d", projectId: "p", scope: .default)
            for _ in 0..<20 { if try await !test.prune().hasMore { break } }
            #expect(try await !test.prune().hasMore)
            for dataset in [dead[1], unseen] {
                #expect(try await datasets.rows(of: dataset, after: 0, limit: 1).isEmpty)
            }
        },
    ]
}

extension DatasetStore {
    /// Begins to write a dataset of the project `p`.
    fileprivate func begin(
        _ mode: DatasetWriteMode,
        _ columns: [String],
        _ lease: JobLease,
        tenant: Name = "default",
        name: Name = "d"
    ) async throws(JobStoreError) -> DatasetWrite {
        let reference = DatasetReference(tenantId: tenant, projectId: "p", name: name)
        return try await beginWrite(reference, columns: columns, mode: mode, lease: lease)
    }
}
