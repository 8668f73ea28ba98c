#if Server
/// Rows of text in aligned columns; the last column takes what room the terminal has left.
struct Table {
    enum Alignment { case left, right }

    let columns: [(title: String, alignment: Alignment)]
    private var rows: [[String]] = []

    init(_ columns: [(title: String, alignment: Alignment)]) { self.columns = columns }

    mutating func add(_ cells: [String?]) { rows.append(cells.map { ($0 ?? "").printable }) }

    /// The lines, cut to a width when there is one.
    func lines(width: Int?) -> [String] {
        let titles = columns.map(\.title)
        let widths = columns.indices.map { index in
            ([titles] + rows).map { $0[index].columns }.max() ?? 0
        }
        return ([titles] + rows).map { row in
            let cells = row.indices.map { index in
                columns[index].alignment == .right
                    ? row[index].aligned(right: widths[index]) : row[index].padded(to: widths[index])
            }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return width.map { line.fitting($0) } ?? line
        }
    }

    /// Prints it to standard output; says something when there is nothing.
    func print(empty: String) {
        guard !rows.isEmpty else { return StandardStream.error.print(empty) }
        for line in lines(width: StandardStream.output.columns) { StandardStream.output.print(line) }
    }
}
#endif
