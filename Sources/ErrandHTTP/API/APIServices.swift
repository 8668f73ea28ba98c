#if Server
import Errand
import FoundationEssentials
import Logging

/// What the handlers work with.
struct APIServices: Sendable {
    let stores: APIStores
    let files: APIFiles
    let types: JobTypes
    var options: APIOptions
    let cursors: CursorCodec
    let leases: LeaseTokens
    let confirmations: ConfirmTokens
    let sessions: WorkerSessions
    let random: RandomSource
    let authenticator: Authenticator
    let browserSessions: BrowserSessions
    let tickets: StreamTickets
    let identifiers: JobIDGenerator
    let logger: Logger
    let outages = OutageLog()
    let openStreams = OpenStreams()
    let quotas: QuotaKeeper
    let metrics = APIMetrics()
    let writeHealth: WriteHealth

    /// The wall clock.
    var now: Date { options.clock.now().wall }

    /// Logs what an outage of a store does to requests, at most a line a second for each place.
    func logOutage(
        _ message: Logger.Message,
        _ level: Logger.Level,
        to logger: Logger,
        metadata: @autoclosure () -> Logger.Metadata,
        file: String = #fileID,
        line: UInt = #line
    ) {
        let now = options.clock.now().steady
        outages.log(message, level, to: logger, metadata: metadata(), at: now, file: file, line: line)
    }
}
#endif
