package import Foundation

extension FileHandle {
    /// Waits for bytes, and answers them; nothing once the other end is closed.
    ///
    /// Foundation's `availableData` ends the process when a signal comes while it waits.
    package func nextData() -> Data {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = readOnce(fileDescriptor, into: &buffer)
            if count >= 0 { return Data(buffer.prefix(count)) }
            guard errno == EINTR else { return Data() }
        }
    }
}

/// The system's call; `FileHandle` has a method of the same name.
private func readOnce(_ descriptor: Int32, into buffer: inout [UInt8]) -> Int {
    read(descriptor, &buffer, buffer.count)
}
