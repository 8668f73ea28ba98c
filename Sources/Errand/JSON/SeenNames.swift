/// The member names of one open object, to find one that comes twice.
///
/// A few names lie in a buffer on the stack that all open objects share, and are compared one by one: no allocation.
/// An object with more names than that moves to a set, whose seeded hash keeps hostile input from turning quadratic.
struct SeenNames {
    /// The buffer and how much of it the open objects use.
    struct Shared {
        /// 42 entries of 24 bytes: the most that a temporary allocation keeps on the stack (1 KiB).
        static let capacity = 42
        let buffer: UnsafeMutableBufferPointer<ScannedString>
        var count = 0
    }

    /// With more names than this, hashing beats comparing.
    private static let linearLimit = 36
    /// The same for a name with escapes, which is dear to compare.
    private static let linearLimitForEscapes = 8

    private let start: Int
    private var set: Set<ScannedString>?

    init(in shared: borrowing Shared) {
        start = shared.count
    }

    /// Notes a name; false when the object has it already.
    @inline(__always)
    mutating func insert(_ name: ScannedString, in shared: inout Shared) -> Bool {
        let limit = name.hasEscapes ? Self.linearLimitForEscapes : Self.linearLimit
        guard set == nil, shared.count < Shared.capacity, shared.count - start < limit else {
            return insertHashed(name, shared)
        }
        for index in start..<shared.count where shared.buffer[index] == name { return false }
        shared.buffer.initializeElement(at: shared.count, to: name)
        shared.count += 1
        return true
    }

    @inline(never)
    private mutating func insertHashed(_ name: ScannedString, _ shared: Shared) -> Bool {
        if set == nil {
            set = Set(minimumCapacity: 4 * Self.linearLimit)
            set?.formUnion(shared.buffer[start..<shared.count])
        }
        return set?.insert(name).inserted ?? true
    }

    /// Gives the object's part of the buffer back.
    func close(in shared: inout Shared) {
        shared.count = start
    }
}
