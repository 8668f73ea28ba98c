#if Server
import ArgumentParser
import FoundationEssentials

/// The options by which a command finds the settings.
struct SettingsOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The store: sqlite:PATH or postgres://USER@HOST/DATABASE?schema=NAME; sqlite:errand.db by default.",
            valueName: "url"
        )
    )
    var store: String?
    @Option(help: ArgumentHelp("A configuration file (YAML); ERRAND_CONFIG names one as well.", valueName: "file"))
    var config: String?
    @Option(help: ArgumentHelp("The folder for uploads and results; the store's own by default.", valueName: "folder"))
    var files: String?

    /// Reads the settings, these and other flags above all else.
    func read(flags: Settings.Flags = []) throws -> Settings {
        let environment = ProcessInfo.processInfo.environment
        let settings = try Settings.read(
            file: config ?? environment["ERRAND_CONFIG"].flatMap { $0.isEmpty ? nil : $0 },
            environment: environment,
            flags: [(["store"], "--store", store), (["files"], "--files", files)] + flags
        )
        if store != nil, settings.store.hasPassword {
            StandardStream.error.print(
                "errand: everybody on this machine can read the password in --store; ERRAND_STORE, a configuration "
                    + "file and ~/.pgpass are safer"
            )
        }
        return settings
    }
}
#endif
