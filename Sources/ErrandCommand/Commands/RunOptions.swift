#if Server
import ArgumentParser

/// The options of commands that run jobs until they are stopped.
struct RunOptions: ParsableArguments {
    @OptionGroup var settings: SettingsOptions
    @Option(help: "How many jobs run at once; 10 for every core by default.")
    var concurrency: Int?
    @Option(help: "How long running jobs may go on after a stop was asked for; 30s by default.")
    var grace: String?
    @Option(name: .customLong("log-level"), help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel: String?
    @Option(name: .customLong("log-format"), help: "text or json.")
    var logFormat: String?

    /// Reads the settings, these flags above all else.
    func read(more: Settings.Flags = []) throws -> Settings {
        try settings.read(
            flags: more + [
                (["concurrency"], "--concurrency", concurrency.map(String.init)),
                (["grace"], "--grace", grace),
                (["log", "level"], "--log-level", logLevel),
                (["log", "format"], "--log-format", logFormat),
            ]
        )
    }
}
#endif
