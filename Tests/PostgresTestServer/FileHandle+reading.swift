import Foundation

extension FileHandle {
    /// Waits for bytes, and answers them; nothing once the other end is closed.
    ///
    /// Foundation's `availableData` ends the process when a signal comes while it waits.
    package func nextData() -> Data {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(fileDescriptor, &buffer, buffer.count)
            if count >= 0 { return Data(buffer.prefix(count)) }
            guard errno == EINTR else { return Data() }
        }
    }
}
