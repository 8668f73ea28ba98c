// What stores refuse, in words that are made here and nowhere else, so that all stores say the same.

// Of submits; `index` is the place of the job in its batch.
extension JobStoreError {
    package static func projectOutOfReach(_ project: Name?, at index: Int) -> JobStoreError {
        JobStoreError(
            .invalid,
            "The project \(project ?? "none") is not one that may be submitted to.",
            pointer: "/\(index)/projectId"
        )
    }

    /// The id came before, with a submit that said something else, or that somebody else made.
    package static func usedID(_ id: JobID, at index: Int) -> JobStoreError {
        JobStoreError(
            .idempotencyMismatch,
            "The id \(id) was used for another submit; use a new one.",
            pointer: "/\(index)/id"
        )
    }

    /// The request as a whole came before under the same id, and said something else.
    package static func usedRequest(_ id: JobID) -> JobStoreError {
        JobStoreError(.idempotencyMismatch, "The id \(id) was used for another request; use a new one.")
    }

    /// The job that a submit of this id made, or was answered with, is there no more.
    package static func goneJob(ofID id: JobID, at index: Int) -> JobStoreError {
        JobStoreError(
            .gone,
            "The job that the id \(id) was used for has expired or was deleted; use a new id.",
            pointer: "/\(index)/id"
        )
    }

    package static func unknownDependency(_ id: JobID, at index: Int, _ place: Int) -> JobStoreError {
        JobStoreError(.invalid, "There is no job \(id) to wait for.", pointer: "/\(index)/after/\(place)")
    }

    package static func unknownUpload(_ id: JobID, at index: Int, _ place: Int) -> JobStoreError {
        JobStoreError(
            .invalid,
            "There is no upload \(id), or it has expired.",
            pointer: "/\(index)/uploads/\(place)"
        )
    }

    /// Another job has the unique key that a submit or a retry needs.
    ///
    /// - Parameters:
    ///   - holder: That job and its status; nil where the caller may not know of it.
    ///   - key: The unique key.
    ///   - index: The place of the job in its batch; nil for a retry.
    /// - Returns: The refusal.
    package static func uniqueConflict(
        with holder: (id: JobID, status: JobStatus)?,
        key: Name,
        at index: Int? = nil
    ) -> JobStoreError {
        JobStoreError(
            .uniqueConflict,
            holder.map { "Job \($0.id) is \($0.status.rawValue) and has the unique key \"\(key)\"." }
                ?? "A job of another project has the unique key \"\(key)\".",
            pointer: index.map { "/\($0)/uniqueKey" },
            currentStatus: holder?.status
        )
    }

    /// The same, or that a run which is stopping still has the key.
    package static func uniqueConflict(
        with holder: Job,
        key: Name,
        at index: Int? = nil,
        now: StoreTime
    ) -> JobStoreError {
        if holder.status.isTerminal, let stop = holder.stopping {
            return .keyHeld(byStopOf: holder.id, until: stop.end, at: now, pointer: index.map { "/\($0)/uniqueKey" })
        }
        return .uniqueConflict(with: (holder.id, holder.status), key: key, at: index)
    }

    /// The job that has the unique key cannot be made what a submit with `replace` says.
    package static func irreplaceable(
        _ refusal: TransitionRefusal,
        _ id: JobID,
        key: Name,
        at index: Int
    ) -> JobStoreError {
        let why: (words: String, field: String)
        switch refusal.reason {
        case .dependencies: why = ("cannot be made to wait for other jobs than it does; cancel it first", "after")
        case .wrongKind: why = ("is tracked where the new one is not, or the other way round", "uniqueKey")
        default: return .uniqueConflict(with: (id, refusal.status), key: key, at: index)
        }
        return JobStoreError(
            .uniqueConflict,
            "Job \(id) has the unique key \"\(key)\" and \(why.words).",
            pointer: "/\(index)/\(why.field)",
            currentStatus: refusal.status
        )
    }
}

// Of jobs, by whatever name the caller has for them.
extension JobStoreError {
    package static func noJob(_ reference: JobReference) -> JobStoreError {
        JobStoreError(.notFound, "There is no job \(reference).")
    }

    package static func goneJob(_ reference: JobReference) -> JobStoreError {
        JobStoreError(.gone, "Job \(reference) has expired or was deleted.")
    }

    package static func lostLease(of id: JobID) -> JobStoreError {
        JobStoreError(.fenced, "The lease of job \(id) does not hold any more.")
    }
}

// Of uploads, datasets and API keys.
extension JobStoreError {
    package static func noUpload(_ id: JobID) -> JobStoreError {
        JobStoreError(.notFound, "There is no upload \(id), or it has expired.")
    }

    package static func takenUpload(_ id: JobID) -> JobStoreError {
        JobStoreError(.conflict, "There is an upload \(id) already.")
    }

    package static func noDataset(_ name: Name, _ project: Name) -> JobStoreError {
        JobStoreError(.notFound, "There is no dataset \"\(name)\" in project \(project).")
    }

    package static func otherColumns(_ name: Name, has columns: [String]) -> JobStoreError {
        JobStoreError(
            .invalid,
            "\(name) has other columns: \(columns.joined(separator: ", ")).",
            pointer: "/dataset"
        )
    }

    package static var datasetWrittenByAnother: JobStoreError {
        JobStoreError(.conflict, "Another job is writing this dataset; try again when it has ended.")
    }

    package static func datasetBeingWritten(_ name: Name) -> JobStoreError {
        JobStoreError(.conflict, "A job is writing the dataset \"\(name)\"; cancel it first.")
    }

    package static var finishedWrite: JobStoreError {
        JobStoreError(.conflict, "The write has been finished, and takes no more rows; begin another.")
    }

    package static func noAPIKey(_ id: JobID) -> JobStoreError {
        JobStoreError(.notFound, "There is no API key \(id).")
    }

    package static var takenAPIKey: JobStoreError {
        JobStoreError(.conflict, "There is an API key with this id or prefix already.")
    }
}
