#if Server
/// A setting that cannot be used: its name, where it stands, and what was expected.
struct SettingsError: Error, Sendable, CustomStringConvertible {
    /// The setting, as `queues.images.concurrency`.
    let key: String
    /// Where it stands: a file and a line, a variable of the environment, or a flag.
    let place: String
    /// What is wrong with it, and what would be right.
    let problem: String

    var description: String { "\(place): \(key) \(problem)" }
}
#endif
