public struct Tensor: Sendable {}
