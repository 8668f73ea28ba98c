#if Postgres
/// A statement and what its parameters stand for.
struct PostgresStatement {
    let text: String
    let values: [PostgresValue]

    init(_ text: String, _ values: [PostgresValue] = []) { (self.text, self.values) = (text, values) }

    static let begin = PostgresStatement("BEGIN")
    static let commit = PostgresStatement("COMMIT")
}
#endif
