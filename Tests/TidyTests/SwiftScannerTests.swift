import Testing

@Suite("Telling code from comments and strings", .timeLimit(.minutes(5)))
struct SwiftScannerTests {
    @Test(
        "only code is left",
        arguments: [
            (##"a("}") // }"##, ##"a(   )     "##),
            (##"a /* { /* { */ { */ b"##, ##"a                   b"##),
            (##"a("\(b("}").c) }") {"##, ##"a(   b(   ).c)   ) {"##),
            (##"a(#"\(b) " "#)"##, ##"a(           )"##),
            (##"a(#"\#(b)"#)"##, ##"a(     b)  )"##),
            (##"a("\"}") }"##, ##"a(     ) }"##),
            (##"a(/[}"]/) + b / c"##, ##"a(      ) + b / c"##),
            (##"a(#/}"/#) }"##, ##"a(      ) }"##),
            ("a(\"\"\"\n } \"\n\"\"\") {", "a(   \n    \n   ) {"),
            ("a(\"open\n}", "a(     \n}"),
        ]
    )
    func leavesCode(_ text: String, _ expected: String) {
        // The closing parenthesis of an interpolation stays, as the code inside it does.
        #expect(String(decoding: SwiftScanner(text).code, as: UTF8.self) == expected)
    }

    @Test("comments keep their text and their line")
    func leavesComments() {
        let comments = SwiftScanner("a // one\n\"// no\" /* two\n*/ b").comments
        #expect(String(decoding: comments, as: UTF8.self) == "  // one\n        /* two\n*/  ")
    }
}
