/// Copies all that a store keeps to another one, of whatever kind.
///
/// The source is only read. A copy that was interrupted is completed by running it again. Bytes in object storage stay
/// where they are; only their records are copied.
public struct JobCopy: Sendable {
    /// How far a copy has come.
    public struct Progress: Sendable, Hashable {
        /// What is being copied.
        public var section: ArchiveSection
        /// How many records of it are in the target.
        public var done: Int64
        /// How many there are.
        public var total: Int64
    }

    private let archive: any JobArchive
    private let source: String
    private let target: any JobArchiveTarget

    /// Creates a copy.
    ///
    /// - Parameters:
    ///   - archive: What is read.
    ///   - source: What a person calls it; the same copy has the same name.
    ///   - target: What is written.
    public init(_ archive: any JobArchive, named source: String, to target: any JobArchiveTarget) {
        self.archive = archive
        self.source = source
        self.target = target
    }

    /// Copies everything that is not copied yet.
    ///
    /// - Parameter report: Told after each batch.
    /// - Returns: What there is in the source, and how far an earlier run had come.
    /// - Throws: `inUse` when something works on the source, or did while it was copied; `conflict` when the target
    ///   holds something else.
    @discardableResult
    public func run(
        report: (Progress) -> Void = { _ in }
    ) async throws(JobStoreError) -> (summary: ArchiveSummary, start: ArchiveStart) {
        let summary = try await archive.summary()
        let start = try await target.begin(from: source, summary)
        guard start != .finished else { return (summary, start) }
        for section in ArchiveSection.allCases {
            try await copy(section, total: summary.counts[section] ?? 0, report)
        }
        guard try await archive.summary() == summary else {
            throw JobStoreError(
                .inUse,
                "Something worked on the source while it was copied. Stop all servers, workers and clients of it, "
                    + "delete the target (its file or its schema), and copy again."
            )
        }
        try await target.finish(from: source, summary)
        return (summary, start)
    }

    private func copy(
        _ section: ArchiveSection,
        total: Int64,
        _ report: (Progress) -> Void
    ) async throws(JobStoreError) {
        var last: ArchiveRecord?
        var done: Int64 = 0
        while true {
            let records = try await archive.page(section, after: last, limit: section.batch)
            guard let end = records.last else { return }
            try await target.write(records)
            last = end
            done += Int64(records.count)
            report(Progress(section: section, done: done, total: total))
        }
    }
}

extension ArchiveSection {
    /// How many records are read and written together.
    ///
    /// A job may be a megabyte, so that a batch takes two hundred in the worst case and mostly less than one.
    fileprivate var batch: Int { self == .jobs ? 200 : 1000 }
}
