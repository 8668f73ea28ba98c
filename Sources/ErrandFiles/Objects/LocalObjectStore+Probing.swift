#if Files
public import Errand

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension LocalObjectStore: WriteProbing {
    public func probeWrite() async throws {
        let writer = ObjectWriter(in: folder)
        do {
            try await writer.start()
            try await writer.append([UInt8](repeating: 0x45, count: 64 * 1024), limit: .max)
        } catch {
            // Why it failed matters more than that its leftover could not be deleted; the next start sweeps it.
            try? await writer.abandon()
            throw error
        }
        try await writer.abandon()
    }
}
#endif
