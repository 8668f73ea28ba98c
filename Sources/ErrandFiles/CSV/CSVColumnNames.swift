#if Files
import Errand

/// Makes the names of columns usable as keys.
enum CSVColumnNames {
    /// Numbers the columns, from `column1` on, of an input without a header.
    static func numbered(_ count: Int) -> [String] {
        (1...max(count, 1)).map { "column\($0)" }
    }

    /// Gives every column a name of its own.
    ///
    /// A name that occurs once is left alone. The second and later columns of a name get `_2`, `_3`, ... at its
    /// end, and an empty name becomes `column` and its number; both pass over names that other columns have.
    ///
    /// Names are compared as bytes: an accented letter and a letter with its accent behind it are two columns.
    static func unique(_ names: [String]) -> [String] { unique(names.map { Name($0) }).map(\.text) }

    private static func unique(_ names: [Name]) -> [Name] {
        var taken = Set(names)
        var seen: Set<Name> = []
        var suffixes: [Name: Int] = [:]
        return names.enumerated().map { index, name in
            if !name.isEmpty && seen.insert(name).inserted { return name }
            let stem: Name = name.isEmpty ? "column\(index + 1)" : name
            if name.isEmpty && taken.insert(stem).inserted { return stem }
            // Where the last search for this stem ended, so that a thousand equal names cost a thousand steps.
            var suffix = suffixes[stem] ?? 2
            while !taken.insert("\(stem)_\(suffix)").inserted { suffix += 1 }
            suffixes[stem] = suffix + 1
            return "\(stem)_\(suffix)"
        }
    }
}
#endif
