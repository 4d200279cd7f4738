#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The natural logarithm, by the C library: called once a row, never in an inner loop.
@inline(__always) func logarithm(_ x: Float) -> Float { logf(x) }
