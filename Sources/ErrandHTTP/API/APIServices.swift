#if Server
import Errand
import FoundationEssentials
import Logging

/// What the handlers work with.
struct APIServices: Sendable {
    let stores: APIStores
    let files: APIFiles
    let types: JobTypes
    let options: APIOptions
    let cursors: CursorCodec
    let random: RandomSource
    let identifiers: JobIDGenerator
    let logger: Logger

    /// The wall clock.
    var now: Date { options.clock.now().wall }
}
#endif
