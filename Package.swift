// swift-tools-version: 6.0
import PackageDescription

// Warnings are errors, so that none is ever seen twice; but not with older compilers, which warn of
// other things.
#if compiler(>=6.2)
  let strict: [SwiftSetting] = [.unsafeFlags(["-warnings-as-errors"])]
#else
  let strict: [SwiftSetting] = []
#endif

// The kernels are one set of sources, compiled once for each level of processor; `Kernels` picks at
// run time. Only a root package may pass flags of its own, which an application always is. They are
// optimized in debug builds as well: unoptimized SIMD is a hundred times slower, and defines the weak
// symbols that Lane.swift warns of. Those of bfloat16 have lanes of sixteen at every level: the portable
// ones are to give the same bits as the instructions.
#if arch(x86_64)
  let levels: [(name: String, leavingOut: String, flags: [String])] = [
    ("KernelsPortable", "BFloat16", []),
    ("KernelsAVX2", "BFloat16", ["-DKERNELS_LANE8", "-Xcc", "-march=x86-64-v3"]),
    ("KernelsAVX512", "BFloat16", ["-DKERNELS_LANE16", "-Xcc", "-march=x86-64-v4"]),
    ("KernelsBFloat16Portable", "Single", ["-DKERNELS_LANE16"]),
    (
      "KernelsBFloat16AVX512", "Single",
      [
        "-DKERNELS_LANE16", "-DKERNELS_BFLOAT16", "-Xcc", "-march=x86-64-v4", "-Xcc",
        "-mavx512bf16",
      ]
    ),
    (
      "KernelsBFloat16AMX", "Single",
      [
        "-DKERNELS_LANE16", "-DKERNELS_BFLOAT16", "-DKERNELS_TILES", "-Xcc", "-march=x86-64-v4",
        "-Xcc", "-mavx512bf16", "-Xcc", "-mamx-tile", "-Xcc", "-mamx-bf16",
      ]
    ),
  ]
#else
  let levels: [(name: String, leavingOut: String, flags: [String])] = [
    ("KernelsPortable", "BFloat16", []),
    ("KernelsBFloat16Portable", "Single", ["-DKERNELS_LANE16"]),
  ]
#endif

func library(_ name: String, _ dependencies: [String] = []) -> Target {
  .target(
    name: name, dependencies: dependencies.map { .init(stringLiteral: $0) }, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [String], exclude: [String] = []) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: ([name] + dependencies).map { .init(stringLiteral: $0) },
    exclude: exclude, swiftSettings: strict)
}

let package = Package(
  name: "mixpipe",
  products: [.executable(name: "mixpipe", targets: ["mixpipe"])],
  targets: [
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    library("Spelling"),
    library("ArgumentParsing", ["Spelling"]),
    library("Processes"),
    library("Storage"),
    library("Numerics", ["COpenBLAS"]),
    library("Mixtures", ["Numerics", "Spelling"]),
    library("TextSources", ["Processes", "Storage"]),
    library("Corpora", ["Mixtures", "Numerics", "Storage", "TextSources"]),
    .systemLibrary(name: "CProcessor"),
    library("Kernels", levels.map(\.name) + ["CProcessor"]),
    library("ProxyModels", ["COpenBLAS", "Corpora", "Kernels", "Mixtures", "Numerics", "Storage"]),
    library("MixtureExports", ["Mixtures", "Storage"]),
    library("GaussianProcesses", ["Mixtures", "Numerics"]),
    library("MixtureMethods", ["GaussianProcesses", "Mixtures", "Numerics", "Spelling"]),
    library(
      "RunTables", ["Mixtures", "Numerics", "Runs", "Spelling", "Storage", "TextSources"]),
    library("Runs", ["Mixtures", "Numerics", "Storage"]),
    library(
      "Engines",
      ["MixtureExports", "Mixtures", "Processes", "Runs", "Spelling", "Storage"]),
    library(
      "Studies", ["MixtureMethods", "Mixtures", "Numerics", "Runs", "Storage"]),
    library(
      "TableSearches",
      [
        "GaussianProcesses", "MixtureMethods", "Mixtures", "Numerics", "RunTables", "Runs",
        "Spelling", "Storage", "Studies",
      ]),
    library("Benchmarks", ["MixtureMethods", "Mixtures", "Numerics", "Spelling", "Storage"]),
    library(
      "Reports",
      [
        "Benchmarks", "GaussianProcesses", "MixtureMethods", "Mixtures", "Numerics", "Processes",
        "Runs", "Storage", "Studies", "TableSearches",
      ]),
    .executableTarget(
      name: "mixpipe",
      dependencies: [
        "ArgumentParsing", "Benchmarks", "Corpora", "Engines", "GaussianProcesses", "Kernels",
        "MixtureExports", "MixtureMethods", "Mixtures", "Numerics", "Processes", "ProxyModels",
        "Reports", "RunTables", "Runs", "Storage", "Studies", "TableSearches", "TextSources",
      ],
      swiftSettings: strict),
    // A tool for whoever works on the program; no product of its own.
    .executableTarget(
      name: "Campaign", dependencies: ["ArgumentParsing", "Numerics", "Processes", "Storage"],
      swiftSettings: strict),
    tests("ArgumentParsing", []),
    tests("Storage", []),
    tests("Numerics", []),
    tests("Mixtures", ["Numerics", "Spelling"]),
    tests("TextSources", ["Storage"]),
    tests("MixtureExports", ["Mixtures", "Storage"]),
    tests(
      "Corpora", ["Mixtures", "Numerics", "Storage", "TextSources"], exclude: ["Golden"]),
    tests("Kernels", ["Numerics"]),
    tests(
      "ProxyModels", ["Corpora", "Kernels", "Mixtures", "Numerics", "Storage"],
      exclude: ["Golden"]),
    tests("GaussianProcesses", ["Mixtures", "Numerics"]),
    tests("MixtureMethods", ["GaussianProcesses", "Mixtures", "Numerics"]),
    tests("Benchmarks", ["MixtureMethods", "Mixtures", "Numerics", "Storage"]),
    tests("RunTables", ["Mixtures", "Numerics", "Storage"]),
    tests("Engines", ["MixtureExports", "Mixtures", "Numerics", "Runs", "Storage"]),
    tests("Runs", ["Mixtures", "Numerics", "Storage"]),
    tests(
      "Studies",
      ["GaussianProcesses", "MixtureMethods", "Mixtures", "Numerics", "Runs", "Storage"],
      exclude: ["Golden"]),
    tests(
      "TableSearches",
      ["GaussianProcesses", "MixtureMethods", "Mixtures", "Numerics", "RunTables", "Storage"]),
    tests(
      "Reports",
      [
        "Benchmarks", "GaussianProcesses", "MixtureMethods", "Mixtures", "Numerics", "Runs",
        "Storage", "Studies",
      ],
      exclude: ["Golden", "Pages"]),
    .testTarget(
      name: "mixpipeTests",
      dependencies: [
        "mixpipe", "Kernels", "Mixtures", "ProxyModels", "Runs", "Storage", "Studies",
      ],
      swiftSettings: strict),
  ]
    + levels.map { level in
      .target(
        name: level.name, dependencies: ["CProcessor"], exclude: [level.leavingOut],
        swiftSettings: strict + [.unsafeFlags(["-Ounchecked"] + level.flags)])
    }
)
