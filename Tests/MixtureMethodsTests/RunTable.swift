import Foundation
import Numerics

/// A table of finished runs, as the measurements read it.
struct RunTable {
  var mixtures: [[Double]]
  /// (runs, outputs).
  var losses: [[Double]]
  var ownDomains: [Int?]
  var domains: [String]
  var outputs: [String]

  /// Where the tables are, if they are: they are not part of the project.
  static let folder = ProcessInfo.processInfo.environment["MIXPIPE_TABLES"]

  private static func rows(_ path: String) throws -> (header: [String], rows: [[String]]) {
    let lines = try String(contentsOfFile: "\(folder!)/\(path)", encoding: .utf8)
      .split(whereSeparator: \.isNewline).map { $0.split(separator: ",").map(String.init) }
    return (lines[0], Array(lines.dropFirst()))
  }

  /// RegMix's pairs of files, joined on their index.
  static func regmix(_ names: [String] = ["train_%_1m", "test_%_1m"]) throws -> RunTable {
    var table = RunTable(mixtures: [], losses: [], ownDomains: [], domains: [], outputs: [])
    for name in names {
      let (mixtureHeader, mixtureRows) = try rows(
        "regmix/" + name.replacingOccurrences(of: "%", with: "mixture") + ".csv")
      let (lossHeader, lossRows) = try rows(
        "regmix/" + name.replacingOccurrences(of: "%", with: "pile_loss") + ".csv")
      table.domains = mixtureHeader.dropFirst().map {
        $0.replacingOccurrences(of: "train_the_pile_", with: "")
      }
      table.outputs = lossHeader.dropFirst().map {
        $0.replacingOccurrences(of: "metric/the_pile_", with: "")
          .replacingOccurrences(of: "_val_loss", with: "")
      }
      for row in mixtureRows {
        let match = lossRows.first { Double($0[0]) == Double(row[0]) }!
        let weights = row.dropFirst().map { Double($0)! }
        let sum = weights.reduce(0, +)
        table.mixtures.append(weights.map { $0 / sum })
        table.losses.append(match.dropFirst().map { Double($0)! })
      }
    }
    table.ownDomains = table.outputs.map { table.domains.firstIndex(of: $0) }
    return table
  }

  /// Data Mixing Laws' runs of one size at one step.
  static func fiveMix(_ size: String, step: Int) throws -> RunTable {
    let (header, all) = try rows("mixinglaws/5Mix_\(size).csv")
    let kept = all.filter { Int(Double($0[2])!) == step }
    return RunTable(
      mixtures: kept.map { row in
        let weights = row[3..<8].map { Double($0)! }
        return weights.map { $0 / weights.reduce(0, +) }
      },
      losses: kept.map { $0.dropFirst(8).map { Double($0)! } },
      ownDomains: header.dropFirst(8).map { _ in nil },
      domains: Array(header[3..<8]), outputs: Array(header.dropFirst(8)))
  }

  var objective: [Double] { losses.map { $0.reduce(0, +) / Double($0.count) } }
}

func spearman(_ a: [Double], _ b: [Double]) -> Double {
  func ranks(_ values: [Double]) -> [Double] {
    values.map { x in
      Double(values.filter { $0 < x }.count) + 0.5 * Double(values.filter { $0 == x }.count)
    }
  }
  let (x, y) = (ranks(a), ranks(b))
  let n = Double(a.count)
  let (mx, my) = (x.reduce(0, +) / n, y.reduce(0, +) / n)
  let xy = zip(x, y).reduce(0) { $0 + ($1.0 - mx) * ($1.1 - my) }
  let xx = x.reduce(0) { $0 + ($1 - mx) * ($1 - mx) }
  let yy = y.reduce(0) { $0 + ($1 - my) * ($1 - my) }
  return xy / (xx * yy).squareRoot()
}

func standardDeviation(_ values: [Double]) -> Double {
  let mean = values.reduce(0, +) / Double(values.count)
  return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)).squareRoot()
}

func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  return 0.5 * (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2])
}
