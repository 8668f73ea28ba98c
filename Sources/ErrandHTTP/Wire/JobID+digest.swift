#if Server
import Crypto
import Errand

extension JobID {
    /// The identifier that stands for some words: a UUID of version 8, which nobody guesses who does not know them all.
    init(digestOf words: [String]) {
        var hash = SHA256()
        for word in words {
            // The length keeps ["a", "bc"] and ["ab", "c"] apart.
            hash.update(data: Array("\(word.utf8.count):\(word)".utf8))
        }
        let bytes = Array(hash.finalize())
        func number(_ part: ArraySlice<UInt8>) -> UInt64 { part.reduce(0) { $0 << 8 | UInt64($1) } }
        self.init(version8: (number(bytes[0..<8]), number(bytes[8..<16])))
    }
}
#endif
