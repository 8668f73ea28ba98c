#if Files
extension CSVRecordParser {
    /// Where a record's content ends in a chunk, and where the next record starts.
    struct Stop {
        let end: Int
        let next: Int
    }

    mutating func scan<Failure: Error>(
        _ bytes: UnsafeRawBufferPointer,
        _ body: (borrowing CSVRecord) throws(Failure) -> Void
    ) throws(Failure) {
        guard let base = bytes.baseAddress, bytes.count > 0 else { return }
        var start = 0
        if state.mode == .returnSeen {
            start = bytes[0] == ASCII.lineFeed ? 1 : 0
            try endRecord(UnsafeRawBufferPointer(start: base, count: 0), lineEnd: 1 + start, body)
        }
        while start < bytes.count {
            guard let stop = findEnd(base, from: start, count: bytes.count) else {
                return keep(UnsafeRawBufferPointer(rebasing: bytes[start...]))
            }
            let content = UnsafeRawBufferPointer(start: base + start, count: stop.end - start)
            guard stop.next > 0 else {
                keep(content)
                return state.mode = .returnSeen
            }
            try endRecord(content, lineEnd: stop.next - stop.end, body)
            start = stop.next
        }
    }

    /// Looks for the end of the present record and notes its fields on the way.
    ///
    /// - Returns: The end, `next` being 0 where it takes another byte to tell; nil where the chunk ends first.
    @inline(__always)
    private mutating func findEnd(_ base: UnsafeRawPointer, from start: Int, count: Int) -> Stop? {
        // Locals, as the optimiser keeps them in registers where members go through memory.
        let scanner = scanner
        let shift = state.carried - start
        var local = state
        defer { state = local }
        var index = start
        while index < count {
            let word = CSVByteScanner.word(base, at: index, count: count)
            local.seen |= word
            var hits = scanner.hits(in: word)
            while hits != 0 {
                let at = index &+ (hits.trailingZeroBitCount &>> 3)
                hits &= hits &- 1
                let byte = base.load(fromByteOffset: at, as: UInt8.self)
                if local.mode == .plain && byte == scanner.delimiter {
                    close(&local, at: at &+ shift)
                } else if take(byte, at: at &+ shift, &local) {
                    return Self.stop(base, at: at, count: count)
                }
            }
            index &+= 8
        }
        return nil
    }

    /// Takes a byte that has a meaning, and tells whether it ends the record.
    @inline(__always)
    private func take(_ byte: UInt8, at offset: Int, _ local: inout CSVRecordState) -> Bool {
        if local.mode == .quoted {
            Self.takeQuoted(byte, at: offset, &local)
            return false
        }
        if byte == ASCII.quote {
            takeQuote(at: offset, &local)
            return false
        }
        close(&local, at: offset)
        return byte != scanner.delimiter
    }

    @inline(__always)
    private static func takeQuoted(_ byte: UInt8, at offset: Int, _ local: inout CSVRecordState) {
        switch byte {
        case ASCII.quote:
            local.mode = .quoteSeen
            local.quote = offset
        case ASCII.carriageReturn:
            local.innerLines += 1
            local.quotedReturn = offset
        case ASCII.lineFeed:
            if local.quotedReturn != offset - 1 { local.innerLines += 1 }
        default: break
        }
    }

    /// Takes a quote outside quotes: it opens a field, is the second of `""`, or is text.
    @inline(__always)
    private func takeQuote(at offset: Int, _ local: inout CSVRecordState) {
        if local.mode == .quoteSeen {
            if offset == local.quote + 1 {
                local.mode = .quoted
                local.isEscaped = true
            } else {
                Self.leaveQuotes(&local)
            }
        } else if offset == local.fieldStart {
            local.mode = .quoted
        }
    }

    /// Goes on as in an unquoted field, which is how the rest of a field with text after its quote is read.
    private static func leaveQuotes(_ local: inout CSVRecordState) {
        local.report(.textAfterQuote, field: local.fieldCount)
        local.mode = .plain
        local.isEscaped = false
    }

    /// Ends the present field at a delimiter, a line end or the end of the input.
    @inline(__always)
    func close(_ local: inout CSVRecordState, at offset: Int) {
        if local.mode == .quoteSeen && offset != local.quote + 1 { Self.leaveQuotes(&local) }
        let isQuoted = local.mode != .plain
        if local.fieldCount < limits.maxColumns {
            let start = isQuoted ? local.fieldStart &+ 1 : local.fieldStart
            let end = local.mode == .quoteSeen ? local.quote : offset
            fields[local.fieldCount] = CSVFieldBounds(start: start, end: end, isEscaped: local.isEscaped)
        }
        local.fieldCount &+= 1
        local.fieldStart = offset &+ 1
        local.mode = .plain
        local.isEscaped = false
    }

    @inline(__always)
    private static func stop(_ base: UnsafeRawPointer, at end: Int, count: Int) -> Stop {
        let byte = base.load(fromByteOffset: end, as: UInt8.self)
        guard byte == ASCII.carriageReturn else { return Stop(end: end, next: end + 1) }
        guard end + 1 < count else { return Stop(end: end, next: 0) }
        let follower = base.load(fromByteOffset: end + 1, as: UInt8.self)
        return Stop(end: end, next: follower == ASCII.lineFeed ? end + 2 : end + 1)
    }
}
#endif
