#if Server
import Configuration
import Errand

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
        guard let (text, place) = find(key) else { return nil }
        guard let value = parse(text) else {
            throw SettingsError(
                key: key.joined(separator: "."),
                place: place,
                problem: "is \"\(text.prefix(100))\"; expected \(expected)"
            )
        }
        return value
    }

    /// Reads a setting whose own error says what is wrong with it, and that may hold a secret: it is not shown.
    func value<Value>(_ key: [String], _ parse: (String) throws(JobStoreError) -> Value) throws -> Value? {
        guard let (text, place) = find(key) else { return nil }
        do throws(JobStoreError) { return try parse(text) } catch {
            let problem = "cannot be used: \(error.message)"
            throw SettingsError(key: key.joined(separator: "."), place: place, problem: problem)
        }
    }

    private func find(_ key: [String]) -> (text: String, place: String)? {
        for layer in layers {
            guard let text = layer.reader.string(forKey: ConfigKey(key)) else { continue }
            return (text, layer.place(key.joined(separator: ".")))
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
