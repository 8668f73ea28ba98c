/// Something that keeps what it is given, and can find out whether it could do so now.
///
/// A disk that is full and a database that takes no writes are still read, so nothing but a write finds them.
public protocol WriteProbing: Sendable {
    /// Writes a little that leaves nothing behind; throws what a write would throw now.
    ///
    /// It costs about as much as one submit: whoever asks often keeps the answer for a while.
    func probeWrite() async throws
}
