#if Files
import Errand
@testable import ErrandFiles
import Testing

@Suite("Cells of a stored row", .timeLimit(.minutes(5)))
struct RowCellsTests {
    @Test(
        "every form of a row gives its cells",
        arguments: [
            ("[]", []), (#"[""]"#, [""]), (#"["a",null,"é"]"#, ["a", nil, "é"]),
            (#"["a\"b","c\\"]"#, [#"a"b"#, #"c\"#]),
            (#"[1.50,true,{"a": 1},[2]]"#, ["1.50", "true", #"{"a": 1}"#, "[2]"]), (#"[ "a" , "b" ]"#, ["a", "b"]),
            (#"["a",7]"#, ["a", "7"]), ("[null]", [nil]), (#"["],[\"",""]"#, [#"],[""#, ""]),
            (#"["]",","]"#, ["]", ","]),
        ] as [(String, [String?])]
    )
    func cells(_ json: String, _ cells: [String?]) throws {
        #expect(try RowCells.read(JSONText(validating: json)) == cells)
    }
}
#endif
