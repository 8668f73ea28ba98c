import Errand

/// Datasets, their rows, and the writes under way.
struct MemoryDatasets: Sendable {}
