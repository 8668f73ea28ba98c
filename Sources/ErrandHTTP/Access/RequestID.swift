#if Server
/// The identifier of a request: the client's where it is one, else a new one.
enum RequestID {
    static func choose(_ given: String?, random: RandomSource) -> String {
        if let given, isAcceptable(given) { return given }
        return String(random.next(), radix: 16)
    }

    /// At most 128 of `[A-Za-z0-9._-]`, so that it can go into logs and headers as it is.
    static func isAcceptable(_ text: String) -> Bool {
        let bytes = text.utf8
        return (1...128).contains(bytes.count)
            && bytes.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
#endif
