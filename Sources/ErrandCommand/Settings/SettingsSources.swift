#if Server
import Configuration

/// Where single values come from, the strongest first: flags, the environment, the file.
///
/// Every value is text here and is parsed once, wherever it stands; a value that cannot be parsed is reported with the
/// place of the source that gave it.
struct SettingsSources {
    /// One source.
    struct Layer {
        let reader: ConfigReader
        /// Names the place of a key in this source.
        let place: (_ key: String) -> String
    }

    private(set) var layers: [Layer] = []

    mutating func add(_ provider: some ConfigProvider, place: @escaping (String) -> String) {
        layers.append(Layer(reader: ConfigReader(provider: provider), place: place))
    }

    /// Reads a setting from the strongest source that has it; nil when none has.
    func value<Value>(
        _ key: [String],
        expected: String,
        _ parse: (String) -> Value?
    ) throws -> Value? {
        for layer in layers {
            guard let text = layer.reader.string(forKey: ConfigKey(key)) else { continue }
            let name = key.joined(separator: ".")
            guard let value = parse(text) else {
                throw SettingsError(
                    key: name,
                    place: layer.place(name),
                    problem: "is \"\(text.prefix(100))\"; expected \(expected)"
                )
            }
            return value
        }
        return nil
    }

    /// An error for a setting that is missing where another one stands.
    func missing(_ key: [String], beside other: [String]) -> SettingsError {
        let present = other.joined(separator: ".")
        let layer = layers.first { $0.reader.string(forKey: ConfigKey(other)) != nil }
        return SettingsError(
            key: key.joined(separator: "."),
            place: layer?.place(present) ?? present,
            problem: "is missing; \(present) is no use without it"
        )
    }
}
#endif
