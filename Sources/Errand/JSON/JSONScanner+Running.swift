extension JSONScanner {
    /// Why the bytes are refused; nil when they are valid.
    static func refusal(of bytes: UnsafeBufferPointer<UInt8>, limits: JSONLimits) -> JSONError? {
        guard bytes.count <= limits.maximumBytes else {
            let message = "the JSON has \(bytes.count) bytes, more than the \(limits.maximumBytes) allowed"
            return JSONError(code: .tooLarge, offset: limits.maximumBytes, pointer: "", message: message)
        }
        return withScanner(of: bytes, maximumDepth: limits.maximumDepth, listsSlices: false) { scanner in
            scanner.run()
        }
    }

    /// The members or elements of the outermost value, named and cut out by the caller's functions.
    static func slices<Part>(
        of bytes: UnsafeBufferPointer<UInt8>,
        _ part: (Slice) -> Part
    ) -> Result<[Part], JSONError> {
        withScanner(of: bytes, maximumDepth: JSONLimits.deepest, listsSlices: true) { scanner in
            if let error = scanner.run() { return .failure(error) }
            return .success(scanner.slices.map(part))
        }
    }

    private static func withScanner<Output>(
        of bytes: UnsafeBufferPointer<UInt8>,
        maximumDepth: Int,
        listsSlices: Bool,
        _ body: (inout JSONScanner) -> Output
    ) -> Output {
        withUnsafeTemporaryAllocation(of: ScannedString.self, capacity: SeenNames.Shared.capacity) { buffer in
            var scanner = JSONScanner(
                bytes: bytes,
                maximumDepth: min(maximumDepth, JSONLimits.deepest),
                listsSlices: listsSlices,
                names: SeenNames.Shared(buffer: buffer)
            )
            return body(&scanner)
        }
    }

    private mutating func run() -> JSONError? {
        do {
            try text()
            return nil
        } catch {
            return refusal(for: error)
        }
    }

    // MARK: - Words for a fault

    @inline(never)
    private func refusal(for fault: JSONFault) -> JSONError {
        let pointer = path.reversed().map { "/" + Self.escapedToken($0) }.joined()
        let message = fault.reason.message(found: found(at: fault.offset), maximumDepth: maximumDepth)
        return JSONError(code: fault.reason.code, offset: fault.offset, pointer: pointer, message: message)
    }

    /// A name as RFC 6901 writes it.
    private static func escapedToken(_ name: String) -> String {
        guard name.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == ASCII.slash }) else { return name }
        var token = String.UnicodeScalarView()
        // Scalars, because "~" with a combining mark is one character but still has to be escaped.
        for scalar in name.unicodeScalars {
            switch scalar {
            case "~": token.append(contentsOf: "~0".unicodeScalars)
            case "/": token.append(contentsOf: "~1".unicodeScalars)
            default: token.append(scalar)
            }
        }
        return String(token)
    }

    /// The text at an offset in quotes, up to where the token ends and never long.
    private func found(at offset: Int) -> String {
        guard offset < bytes.count else { return "the end" }
        let isString = bytes[offset] == ASCII.quote
        let longest = 24
        let rest = bytes[(isString ? offset + 1 : offset)...].prefix(longest + 1)
        // The first byte may itself be one that ends tokens; it is then the whole of what was found.
        let end =
            isString
            ? rest.firstIndex(of: ASCII.quote) : rest.dropFirst().firstIndex(where: { !Self.isInToken($0) })
        let token = rest[..<(end ?? rest.endIndex)]
        return "\"" + Self.printable(token.prefix(longest)) + (token.count > longest ? "..." : "") + "\""
    }

    private static func isInToken(_ byte: UInt8) -> Bool {
        !ASCII.isWhitespace(byte) && !",:]}\"\\".utf8.contains(byte)
    }

    /// Keeps control characters out of messages, which end up in logs and terminals.
    private static func printable(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: bytes.map { $0 < 0x20 || $0 == 0x7F ? UInt8(ascii: "?") : $0 }, as: UTF8.self)
    }
}
