/// The primitive polynomials over the field of two elements, all coefficients as bits, in the order of
/// their values: x has the order 2^d - 1 modulo one of degree d.
struct PrimitivePolynomials {
  private var last: UInt32

  init(after last: UInt32) { self.last = last }

  /// - Precondition: of a degree of at most 31, of which there are millions before.
  mutating func next() -> UInt32 {
    repeat {
      precondition(last < .max - 2, "expected a polynomial of at most 32 bits")
      last += last & 1 == 0 ? 1 : 2
    } while !Self.isPrimitive(last)
    return last
  }

  static func isPrimitive(_ polynomial: UInt32) -> Bool {
    guard polynomial & 1 == 1, polynomial > 1 else { return false }
    let degree = 31 - polynomial.leadingZeroBitCount
    let order = UInt64(1) << UInt64(degree) - 1
    guard power(order, modulo: polynomial, degree) == 1 else { return false }
    return primeFactors(order).allSatisfy { power(order / $0, modulo: polynomial, degree) != 1 }
  }

  /// x to a power.
  private static func power(_ exponent: UInt64, modulo polynomial: UInt32, _ degree: Int) -> UInt64
  {
    func reduce(_ value: UInt64) -> UInt64 {
      var value = value
      while value >> UInt64(degree) != 0 {
        let shift = 63 - value.leadingZeroBitCount - degree
        value ^= UInt64(polynomial) << UInt64(shift)
      }
      return value
    }
    func times(_ a: UInt64, _ b: UInt64) -> UInt64 {
      var (product, rest, shifted) = (UInt64(0), b, a)
      while rest != 0 {
        if rest & 1 == 1 { product ^= shifted }
        shifted <<= 1
        rest >>= 1
      }
      return reduce(product)
    }
    var (result, base, rest) = (UInt64(1), reduce(2), exponent)
    while rest != 0 {
      if rest & 1 == 1 { result = times(result, base) }
      base = times(base, base)
      rest >>= 1
    }
    return result
  }

  private static func primeFactors(_ number: UInt64) -> [UInt64] {
    var (factors, rest, divisor): ([UInt64], UInt64, UInt64) = ([], number, 2)
    while divisor * divisor <= rest {
      if rest % divisor == 0 {
        factors.append(divisor)
        while rest % divisor == 0 { rest /= divisor }
      }
      divisor += 1
    }
    return rest > 1 ? factors + [rest] : factors
  }
}
