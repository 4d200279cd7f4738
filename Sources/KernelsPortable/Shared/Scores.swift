// What both kinds of causal attention share. Scores are kept as (keys, queries), for a panel of two
// lanes of queries at a time: what is summed or sought for each query then goes lane by lane, never
// across a register, and a panel of scores stays in the first-level cache.

/// The widest panel of any level.
@inline(__always) var widestPanel: Int { 32 }

@inline(__always) func paddedPositions(_ positions: Int) -> Int {
  (positions &+ (widestPanel &- 1)) & ~(widestPanel &- 1)
}

/// Scores (keys, queries) of the `count` queries from `first` on, packed in `panel`, with rows of
/// `keys`. Of the keys after a query only those are there that share a lane with one it sees.
@inline(__always)
func score(
  first: Int, count: Int, depth: Int, keys: UnsafePointer<Factor>, stride: Int,
  panel: UnsafePointer<Factor>, scores: UnsafeMutablePointer<Float>, scoreStride: Int
) {
  let both = first &+ min(count, laneWidth)
  sweep2(
    rows: both, depth: depth, a: keys, aRow: stride, aColumn: 1, b: panel, bRow: panelWidth(),
    addend: nil, addendStride: 0, c: scores, cStride: scoreStride)
  if count > laneWidth {
    sweep1(
      rows: count &- laneWidth, depth: depth, a: keys + both &* stride, aRow: stride, aColumn: 1,
      b: panel + laneWidth, bRow: panelWidth(), addend: nil, addendStride: 0,
      c: scores + (both &* scoreStride &+ laneWidth), cStride: scoreStride)
  }
}

/// A lane of scores of the key `after` places behind the lane's first query: -∞ for the queries
/// before it.
@inline(__always) func masked(_ scores: Lane, after: Int) -> Lane {
  scores.replacing(with: -.infinity, where: ordinals .< Lane(repeating: Float(after)))
}

/// Rows of an output tile that see the same keys.
@inline(__always) var queryGroup: Int { min(8, laneWidth) }

/// Queries that the way back holds at once: whole panels of any level.
@inline(__always) var attentionBlock: Int { 64 }

/// From one key's scores to the next in such a block: an odd number of cache lines, so that a column
/// of scores does not crowd a few sets of the cache.
@inline(__always) var attentionStride: Int { attentionBlock &+ 16 }
