/// One numbered step from an empty store to the present schema; it never changes once it is released.
public struct StoreMigration: Sendable, Hashable {
    /// The step's name, with its place in the order first: `V001_jobs`.
    public var name: String
    /// What it runs.
    public var sql: String
    /// Whether the store has had it.
    public var isApplied: Bool

    /// Creates a step's description.
    public init(name: String, sql: String, isApplied: Bool) {
        self.name = name
        self.sql = sql
        self.isApplied = isApplied
    }
}
