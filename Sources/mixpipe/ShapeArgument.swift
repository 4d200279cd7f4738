import ArgumentParsing
import ProxyModels

/// A model's shape and vocabulary, as `width/layers/heads/context/vocabulary` and, where it is not
/// the usual one, `/hidden`.
struct ShapeArgument: ArgumentValue {
  var size: ModelSize
  var vocabulary: Int

  init(argument: String) throws {
    let numbers = argument.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard (5...6).contains(numbers.count), numbers.allSatisfy({ $0 != nil }) else {
      throw ValidationError(
        "expected width/layers/heads/context/vocabulary, e.g. 128/4/4/128/2048")
    }
    try self.init(numbers.map { $0! }, name: argument)
  }

  private init(_ numbers: [Int], name: String) throws {
    let (width, layers, heads) = (numbers[0], numbers[1], numbers[2])
    guard (16...8192).contains(width), (1...512).contains(layers), (1...512).contains(heads),
      width % (16 * heads) == 0
    else {
      throw ValidationError(
        "expected at most 8192 channels and 512 layers, and heads of a multiple of 16 channels")
    }
    guard (1...65_536).contains(numbers[3]), (2...65_536).contains(numbers[4]) else {
      throw ValidationError("expected a context of 1 to 65536 and a vocabulary of 2 to 65536")
    }
    // 8/3 of the width, up to the next 64: Llama's own rule.
    let hidden = numbers.count == 6 ? numbers[5] : (8 * width / 3 + 63) / 64 * 64
    guard hidden >= 16, hidden % 16 == 0, hidden <= 65_536 else {
      throw ValidationError("expected a hidden width of a multiple of 16, found \(hidden)")
    }
    vocabulary = numbers[4]
    size = ModelSize(
      name: name, layers: layers, width: width, heads: heads, hiddenWidth: hidden,
      contextLength: numbers[3])
    guard size.parameterCount(vocabularySize: vocabulary) <= 1_000_000_000 else {
      throw ValidationError(
        "expected at most a billion parameters, found "
          + "\(size.parameterCount(vocabularySize: vocabulary))")
    }
  }

  var argumentText: String { size.name }

  /// From 160k to 29M parameters, each three to six times the last.
  static let standard: [ShapeArgument] = [
    [64, 2, 2, 128, 1024], [96, 3, 3, 128, 1024], [128, 4, 4, 128, 2048], [256, 6, 8, 256, 4096],
    [512, 8, 8, 256, 8192],
  ].map { numbers in
    // The shapes are right, so that reading them cannot fail.
    try! ShapeArgument(numbers, name: numbers.map(String.init).joined(separator: "/"))
  }
}
