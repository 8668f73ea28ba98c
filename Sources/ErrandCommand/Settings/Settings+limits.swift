#if Server
import Errand
import ErrandHTTP

extension Settings {
    /// The sections of single values, and what is in them.
    static let sections = [
        ("log", ["level", "format"]),
        ("tls", ["certificate", "key"]),
        (
            "limits",
            [
                "bodyBytes", "bulkBytes", "uploadBytes", "headerBytes", "targetBytes", "connections", "streams",
                "wrongCredentials",
                "headTimeout", "bodyTimeout", "answerTimeout", "idleTimeout",
            ]
        ),
        ("webhooks", ["allowPrivate", "allowHTTP"]),
        ("ready", ["requireWrites"]),
        ("quotas", ["requestsPerMinute", "submitsPerMinute", "queuedJobs", "runningJobs", "uploadBytes", "streams"]),
    ]
}

extension APIOptions {
    /// Takes the section `limits`: what one client may do.
    mutating func takeLimits(from sources: SettingsSources) throws {
        func set(_ name: String, _ value: inout Int, from lowest: Int) throws {
            value = try sources.number(["limits", name], from: lowest) ?? value
        }
        func set(_ name: String, _ value: inout Duration) throws {
            value =
                try sources.value(["limits", name], expected: "a time span from 1s to 1h", Settings.timeout) ?? value
        }
        try set("bodyBytes", &maximumBodyBytes, from: 1024)
        try set("bulkBytes", &maximumBulkBytes, from: 1024)
        maximumUploadBytes =
            try sources.number(["limits", "uploadBytes"], from: 0).map(Int64.init) ?? maximumUploadBytes
        try set("headerBytes", &maximumHeaderBytes, from: 1024)
        try set("targetBytes", &maximumTargetBytes, from: 256)
        try set("connections", &maximumConnections, from: 1)
        try set("streams", &maximumStreams, from: 0)
        try set("wrongCredentials", &maximumWrongCredentials, from: 1)
        try set("headTimeout", &patience.head)
        try set("bodyTimeout", &patience.body)
        try set("answerTimeout", &patience.answer)
        try set("idleTimeout", &patience.idle)
    }
}

extension TenantQuotas {
    /// Takes the section `quotas`: what one tenant may have and do.
    mutating func take(from sources: SettingsSources) throws {
        requestsPerMinute = try sources.number(["quotas", "requestsPerMinute"], from: 1)
        submitsPerMinute = try sources.number(["quotas", "submitsPerMinute"], from: 1)
        queuedJobs = try sources.number(["quotas", "queuedJobs"], from: 0)
        runningJobs = try sources.number(["quotas", "runningJobs"], from: 1)
        uploadBytes = try sources.number(["quotas", "uploadBytes"], from: 0).map(Int64.init)
        streams = try sources.number(["quotas", "streams"], from: 0) ?? streams
    }
}

extension SettingsSources {
    /// Reads a whole number.
    fileprivate func number(_ key: [String], from lowest: Int) throws -> Int? {
        try value(key, expected: "a whole number from \(lowest)") { text in
            Int(text).flatMap { $0 >= lowest && $0 <= 1 << 53 ? $0 : nil }
        }
    }
}

extension Settings {
    /// A time span that something may take or hold: from a second to an hour.
    static func timeout(_ text: String) -> Duration? {
        DurationText(text).flatMap { (.seconds(1) ... .seconds(3600)).contains($0.duration) ? $0.duration : nil }
    }
}
#endif
