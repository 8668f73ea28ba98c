/// A job's states from now to its end, each read from the store: the state itself, never what changed in it.
///
/// A slow reader skips states in between. The last element is the state the job ended in.
public struct JobStates: AsyncSequence, Sendable {
    let client: JobClient
    let job: JobReference

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public func makeAsyncIterator() -> Iterator { Iterator(states: self) }

    /// Waits for the job to change, and reads it.
    public struct Iterator: AsyncIteratorProtocol {
        private let states: JobStates
        private var changes: StoreChangeStream?
        private var last: Job?

        init(states: JobStates) { self.states = states }

        /// The job's next state; nil after the one it ended in.
        ///
        /// Throws ``JobStoreError``, `gone` among others when the job was deleted, and `CancellationError`.
        public mutating func next() async throws -> Job? {
            if let last, last.status.isTerminal { return nil }
            while true {
                try Task.checkCancellation()
                // Subscribed before the read, so that no change between the two is missed.
                var subscription: StoreChangeStream
                if let changes { subscription = changes } else { subscription = states.client.store.changes(.jobs) }
                changes = subscription
                if last != nil, try await !wait(&subscription) { changes = nil }
                let job = try await states.client.job(states.job)
                if job.rev > last?.rev ?? -1 || job.status.isTerminal {
                    last = job
                    return job
                }
            }
        }

        /// Waits until the job may have changed; false when the subscription is used up and must be made again.
        private func wait(_ changes: inout StoreChangeStream) async throws -> Bool {
            let id = last?.id
            let stream = changes
            let interval = states.client.pollInterval
            return try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask {
                    var stream = stream
                    while let next = await stream.next() {
                        if next.isIncomplete || id.map({ next.jobs[$0] != nil }) ?? true { return true }
                    }
                    // The store closed, or the poll was first: look at the clock's pace from now on.
                    try await Task.sleep(for: interval)
                    return false
                }
                group.addTask {
                    try await Task.sleep(for: interval)
                    return false
                }
                defer { group.cancelAll() }
                return try await group.next() ?? false
            }
        }
    }
}
