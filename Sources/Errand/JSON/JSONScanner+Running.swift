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
        return name.reduce(into: "") { token, character in
            switch character {
            case "~": token += "~0"
            case "/": token += "~1"
            default: token.append(character)
            }
        }
    }

    /// The text at an offset in quotes, up to where the token ends and never long.
    private func found(at offset: Int) -> String {
        guard offset < bytes.count else { return "the end" }
        let longest = 24
        let rest = bytes[offset...].prefix(longest + 1)
        if bytes[offset] == ASCII.quote {
            let inside = rest.dropFirst().prefix { $0 != ASCII.quote }
            return "\"" + Self.printable(inside) + (inside.count >= longest ? "..." : "") + "\""
        }
        let token = rest.dropFirst().prefix { !ASCII.isWhitespace($0) && !",:]}\"\\".utf8.contains($0) }
        return "\"" + Self.printable(rest.prefix(1 + token.count)) + (token.count >= longest ? "..." : "") + "\""
    }

    /// Keeps control characters out of messages, which end up in logs and terminals.
    private static func printable(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: bytes.map { $0 < 0x20 || $0 == 0x7F ? UInt8(ascii: "?") : $0 }, as: UTF8.self)
    }
}
