#if Server
/// Comparing what must not be guessed byte by byte.
enum ConstantTime {
    /// Whether two sequences are the same, in a time that tells their length and nothing else.
    static func areEqual(_ one: some Collection<UInt8>, _ other: some Collection<UInt8>) -> Bool {
        one.count == other.count && zip(one, other).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
#endif
