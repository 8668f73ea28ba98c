import Testing

@Suite("Counting the lines of a function", .timeLimit(.minutes(5)))
struct FunctionBodyTests {
    private func bodies(_ text: String) -> [String] {
        FunctionBody.all(in: SourceFile(path: "", text: text).code).map { "\($0.name) \($0.lineCount)" }
    }

    @Test("braces in strings and comments do not end a function")
    func ignoresOtherBraces() {
        #expect(bodies("func f() {\n  a(\"}\")\n  // }\n  b { c }\n}\n") == ["f 3"])
    }

    @Test("a signature over several lines is not part of the body")
    func findsTheBody() {
        let text = "func f<T>(\n  a: [T] = [],\n  b: () -> Void = {}\n) async throws -> T\nwhere T: Sendable {\n  a\n}"
        #expect(bodies(text) == ["f 1"])
    }

    @Test("nested functions are counted, and count for the outer one too")
    func nested() {
        #expect(bodies("func f() {\n  func g() {\n    a\n  }\n}") == ["f 3", "g 1"])
    }

    @Test("initializers, subscripts and computed properties count")
    func otherBodies() {
        let text = """
            init?(a: Int) {
                b
            }
            deinit {
                b
            }
            subscript(a: Int) -> Int {
                b
            }
            var c: [Int] {
                b
            }
            """
        #expect(bodies(text) == ["init 1", "deinit 1", "subscript 1", "c 1"])
    }

    @Test("what has no body of its own is not counted")
    func noBody() {
        let text = """
            protocol P {
                func f() async throws -> Int
                init(a: Int)
                associatedtype A
                func g()
            }
            struct S {
                var a: Int
                var b = { 1 }
                let c = S.init(a: 1)
            }
            if var d = e { f }
            """
        #expect(bodies(text).isEmpty)
    }

    @Test("a requirement with accessors has an empty body")
    func accessors() {
        #expect(bodies("var a: Int { get }\nvar b: Int { get set }") == ["a 0", "b 0"])
    }
}
