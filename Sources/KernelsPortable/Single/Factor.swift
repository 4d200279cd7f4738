/// What the factors of a product are made of: numbers of single precision.
package typealias Factor = Float
typealias FactorLane = Lane

/// A factor's memory as numbers, for what only moves them.
@inline(__always) func numbers(_ factors: UnsafePointer<Factor>) -> UnsafePointer<Float> { factors }
@inline(__always)
func numbers(_ factors: UnsafeMutablePointer<Factor>) -> UnsafeMutablePointer<Float> { factors }
