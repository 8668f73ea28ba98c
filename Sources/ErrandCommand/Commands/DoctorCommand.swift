#if Server
import ArgumentParser
import Errand

/// Looks for what is wrong with an installation.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check the configuration, the store and the files, and say what is wrong and what to do.",
        discussion: """
            A line for each finding: ok, warning or problem. Ends with 0 when there is no problem, with 78 when the \
            configuration is wrong, else with 69. Nothing in the store is changed; a server may run meanwhile.
            """
    )

    @OptionGroup var settings: SettingsOptions
    @Flag(help: "Print JSON, one finding a line.")
    var json = false

    func run() async throws {
        let read: Settings
        do { read = try settings.read() } catch {
            let failure = Failures.failure(error)
            show("configuration", .problem(failure.description, advice: "Correct it, and run errand doctor again."))
            throw ExitCode(failure.status.rawValue)
        }
        show("configuration", .ok("The configuration is valid; the store is \(read.store)."))
        let worst = await Diagnosis(of: read).run(show)
        if worst == .problem { throw ExitCode(ExitStatus.unavailable.rawValue) }
    }

    private func show(_ name: String, _ finding: Finding) {
        guard json else {
            let advice = finding.advice.map { " \($0)" } ?? ""
            let verdict = finding.verdict.rawValue.padded(to: 7)
            return StandardStream.output.print("\(verdict)  \(name): \(finding.message)\(advice)")
        }
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("check", name)
            writer.member("verdict", finding.verdict.rawValue)
            writer.member("message", finding.message)
            writer.member("advice", finding.advice)
        }
        StandardStream.output.print(writer.text.string)
    }
}
#endif
