import Errand

/// One change to many jobs by their numbers; its own values are bound from position 3 on.
///
/// Jobs that are submitted together are mostly claimed and ended together, and then have neighbouring numbers: an
/// update of a range of numbers walks the table once, where one of a list looks for each.
struct UpdateOfMany {
    let ofRange: SQLText
    let ofList: SQLText

    init(_ changes: String) {
        ofRange = SQLText("UPDATE jobs SET \(changes) WHERE number BETWEEN ?1 AND ?2")
        ofList = SQLText("UPDATE jobs SET \(changes) WHERE number IN (SELECT value FROM json_each(?1))")
    }
}

extension SQLiteSession {
    func update(
        _ numbers: [Int64],
        by statements: UpdateOfMany,
        bind: (SQLStatement) -> Void
    ) throws(JobStoreError) {
        guard !numbers.isEmpty else { return }
        let runs = numbers.sorted().runs
        if runs.count * 4 <= numbers.count || numbers.count == 1 {
            let update = try sql(statements.ofRange)
            bind(update)
            for numbers in runs { try update.run(numbers.lowerBound, numbers.upperBound) }
        } else {
            let update = try sql(statements.ofList)
            bind(update)
            update.bind(1, numbers)
            try update.run()
        }
    }
}

extension [Int64] {
    /// The numbers as ranges, in their order: each number that follows the one before it is in the same range.
    var runs: [ClosedRange<Int64>] {
        var runs: [ClosedRange<Int64>] = []
        for number in self {
            if let last = runs.last, last.upperBound + 1 == number {
                runs[runs.count - 1] = last.lowerBound...number
            } else {
                runs.append(number...number)
            }
        }
        return runs
    }
}
