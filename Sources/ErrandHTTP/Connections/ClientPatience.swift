#if Server
/// For how long a server waits for a client that is slow, or plays at it.
public struct ClientPatience: Sendable, Hashable {
    /// How long the head of a request may take, from its first byte to the empty line after its fields; also how long
    /// the rest of a body may keep coming after the request was answered.
    public var head: Duration = .seconds(10)
    /// In each such span at least ``bodyBytes`` of a body have to arrive.
    public var body: Duration = .seconds(20)
    /// How many bytes of a body have to arrive at least in each ``body``.
    public var bodyBytes = 10_000
    /// How many bytes of a body are still read once the request was answered.
    public var lingeringBytes = 16 * 1024 * 1024
    /// How long a client may leave what was sent to it untaken.
    public var answer: Duration = .seconds(60)
    /// When a connection between two requests is closed.
    public var idle: Duration = .seconds(60)

    /// Creates the defaults.
    public init() {}
}
#endif
