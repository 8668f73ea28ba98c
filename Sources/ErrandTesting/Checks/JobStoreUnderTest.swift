public import Errand
public import FoundationEssentials

/// A store made for one check or history, with power over the time it lives by.
///
/// A store that reads an injected ``Errand/JobClock`` is given a ``ManualClock``; one that lives by a server's clock
/// moves the server's offset instead.
public struct JobStoreUnderTest: Sendable {
    /// The store; empty and migrated when a check gets it.
    public let store: any JobStore
    /// What the store's wall clock shows.
    public let now: @Sendable () async throws -> Date
    /// Moves both of the store's clocks on.
    public let advance: @Sendable (Duration) async throws -> Void
    /// Moves the store's wall clock alone, either way.
    public let jumpWall: @Sendable (Duration) async throws -> Void
    /// How far a time the store wrote may lie from what ``now`` says; zero where the clock stands still.
    public let tolerance: Duration

    /// Creates a store under test whose clock is moved by the caller's own means.
    ///
    /// - Parameters:
    ///   - store: An empty store, migrated.
    ///   - tolerance: How far a time it wrote may lie from `now`, for clocks that go on by themselves.
    ///   - now: Reads its wall clock.
    ///   - advance: Moves both its clocks on.
    ///   - jumpWall: Moves its wall clock alone.
    public init(
        _ store: any JobStore,
        tolerance: Duration = .zero,
        now: @escaping @Sendable () async throws -> Date,
        advance: @escaping @Sendable (Duration) async throws -> Void,
        jumpWall: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.store = store
        self.tolerance = tolerance
        self.now = now
        self.advance = advance
        self.jumpWall = jumpWall
    }

    /// Creates a store under test that lives by a manual clock.
    public init(_ store: any JobStore, clock: ManualClock) {
        self.init(
            store,
            now: { clock.now().wall },
            advance: { clock.advance(by: $0) },
            jumpWall: { clock.jumpWall(by: $0) }
        )
    }
}
