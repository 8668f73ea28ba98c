#if Files
extension CSVRecordParser {
    /// Keeps what a chunk holds of a record that goes on in the next, within the limit.
    mutating func keep(_ bytes: UnsafeRawBufferPointer) {
        let length = state.carried + bytes.count
        if length <= limits.maxRecordBytes {
            carry.append(contentsOf: bytes)
        } else if carry.count < CSVRecord.excerptLength {
            carry.append(contentsOf: bytes.prefix(CSVRecord.excerptLength - carry.count))
        } else if carry.count > CSVRecord.excerptLength {
            carry = Array(carry.prefix(CSVRecord.excerptLength))
        }
        state.carried = length
    }

    /// Ends the last record where the input ends instead of its line.
    mutating func endInput<Failure: Error>(
        _ body: (borrowing CSVRecord) throws(Failure) -> Void
    ) throws(Failure) {
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        if state.mode == .returnSeen { return try endRecord(nothing, lineEnd: 1, body) }
        guard state.carried > 0 else { return }
        if state.mode == .quoted { state.report(.unterminatedQuote, field: state.fieldCount) }
        var ended = state
        close(&ended, at: state.carried)
        state = ended
        try endRecord(nothing, lineEnd: 0, body)
    }

    /// Hands over the present record, of which `content` is the part in this chunk, and starts the next.
    @inline(__always)
    mutating func endRecord<Failure: Error>(
        _ content: UnsafeRawBufferPointer,
        lineEnd: Int,
        _ body: (borrowing CSVRecord) throws(Failure) -> Void
    ) throws(Failure) {
        let start = position
        let length = state.carried + content.count
        position.offset += length + lineEnd
        position.line += state.innerLines + (lineEnd > 0 ? 1 : 0)
        let ended = state
        state = CSVRecordState()
        guard length > 0 else { return }
        guard ended.carried > 0 else { return try hand(content, ended, length, line: start.line, body) }
        try handCarried(content, ended, length, line: start.line, body)
    }

    private mutating func handCarried<Failure: Error>(
        _ content: UnsafeRawBufferPointer,
        _ ended: CSVRecordState,
        _ length: Int,
        line: Int,
        _ body: (borrowing CSVRecord) throws(Failure) -> Void
    ) throws(Failure) {
        state.carried = ended.carried
        keep(content)
        state.carried = 0
        defer { carry.removeAll(keepingCapacity: carry.capacity <= 1 << 20) }
        try carry.span.withUnsafeBytes { (bytes) throws(Failure) in
            try hand(bytes, ended, length, line: line, body)
        }
    }

    @inline(__always)
    private func hand<Failure: Error>(
        _ source: UnsafeRawBufferPointer,
        _ ended: CSVRecordState,
        _ length: Int,
        line: Int,
        _ body: (borrowing CSVRecord) throws(Failure) -> Void
    ) throws(Failure) {
        let oversize = oversize(ended, length)
        let excerpt = UnsafeRawBufferPointer(rebasing: source.prefix(CSVRecord.excerptLength))
        let view = CSVRecordView(
            source: length > limits.maxRecordBytes ? excerpt : source,
            fields: UnsafeBufferPointer(start: fields, count: oversize != nil ? 0 : ended.fieldCount),
            line: line,
            end: position,
            isASCII: ended.isASCII,
            damage: ended.isUnterminated ? ended.damage : oversize ?? ended.damage
        )
        try body(CSVRecord(view))
    }

    /// Tells which limit a record is beyond.
    private func oversize(_ ended: CSVRecordState, _ length: Int) -> CSVDamage? {
        if length > limits.maxRecordBytes { return CSVDamage(code: .recordTooLong, field: nil) }
        return ended.fieldCount > limits.maxColumns ? CSVDamage(code: .tooManyColumns, field: nil) : nil
    }
}
#endif
