extension Rule {
    static let words = [forceTry, leftovers, sleepingTests, skippedTests, endlessTests, unexplained]

    static let forceTry = Rule(name: "nothing crashes on an error") { file in
        file.code.indices.filter { file.code[$0].containsWord("try!") }.map {
            Finding(file, index: $0, "handle the error, or throw it on")
        }
    }

    static let leftovers = Rule(name: "nothing is left for later in a comment") { file in
        file.comments.indices.filter { index in
            ["TODO", "FIXME"].contains { file.comments[index].containsWord($0) }
        }.map { Finding(file, index: $0, "do it, or open an issue") }
    }

    static let sleepingTests = Rule(name: "tests wait for a signal, not for time") { file in
        guard file.isTest else { return [] }
        return file.code.indices.filter { sleeps(file.code[$0]) }.map {
            Finding(file, index: $0, "wait for what the code signals, or move a manual clock")
        }
    }

    static let skippedTests = Rule(name: "no test is switched off") { file in
        guard file.isTest else { return [] }
        return file.code.indices.filter { index in
            [".disabled(", "XCTSkip"].contains { file.code[index].contains($0) }
        }.map { Finding(file, index: $0, "a test that never runs proves nothing") }
    }

    static let endlessTests = Rule(name: "every suite has a limit of time") { file in
        guard file.isTest else { return [] }
        return file.code.indices.filter { index in
            file.code[index].contains("@Suite") && !file.code[index].contains(".timeLimit(")
        }.map { Finding(file, index: $0, "a test that hangs should fail by name, not hold up the whole run") }
    }

    static let unexplained = Rule(name: "what switches a check off says why") { file in
        guard !file.isTest else { return [] }
        return file.code.indices.compactMap { index in
            let marks = ["@unchecked Sendable", "nonisolated(unsafe)", "try?"]
            guard let mark = marks.first(where: { file.code[index].containsWord($0) }) else { return nil }
            return file.hasReason(at: index) ? nil : Finding(file, index: index, "say why \(mark) is right here")
        }
    }

    /// Whether a call waits on the real clock: `clock.sleep` on an injected clock does not.
    private static func sleeps(_ code: String) -> Bool {
        let real = ["Task.sleep", "Thread.sleep", "ContinuousClock().sleep", "SuspendingClock().sleep"]
        if real.contains(where: { code.contains($0) }) { return true }
        return ["sleep(", "usleep(", "nanosleep("].contains { call in
            code.ranges(of: call).contains { range in
                let before = code[..<range.lowerBound]
                let isOther = before.last.map { $0 == "." || $0 == "_" || $0.isLetter || $0.isNumber } ?? false
                return !isOther && !before.hasSuffix("func ")
            }
        }
    }
}

extension String {
    /// Whether the text stands here and is not the end or the beginning of a longer word.
    fileprivate func containsWord(_ word: String) -> Bool {
        ranges(of: word).contains { range in
            let before = self[..<range.lowerBound].last
            let after = self[range.upperBound...].first
            return ![before, after].contains { $0.map { $0.isLetter || $0.isNumber || $0 == "_" } ?? false }
        }
    }
}
