import Kernels
import Testing

@Suite struct LevelOfKernelsTests {
  @Test("is the best there is unless asked otherwise") func isTheBestThereIsUnlessAskedOtherwise()
    throws
  {
    #expect(try KernelLevel.chosen(environment: [:]) == .supported)
    #expect(try KernelLevel.chosen(environment: ["MIXPIPE_KERNELS": ""]) == .supported)
    #expect(try KernelLevel.chosen(environment: ["MIXPIPE_KERNELS": "portable"]) == .portable)
  }

  @Test("is not a lesser one because the processor's flags could not be read")
  func isNotALesserOneBecauseFlagsCouldNotBeRead() {
    // A folder is there, and cannot be read.
    #expect {
      try KernelLevel.chosen(environment: [:], information: ProcessorInformation(path: "/proc"))
    } throws: {
      "\($0)".hasPrefix("cannot read /proc: Is a directory; without the processor's flags")
    }
    // Where there is none, every processor's level it is.
    let none = ProcessorInformation(path: "/nonexistent/cpuinfo")
    #expect(none.failure == nil && none.text.isEmpty)
    #expect(ProcessorInformation.ofThisMachine.text.contains("processor"))
  }

  @Test("that does not exist is an error that lists those that do")
  func thatDoesNotExistIsAnErrorThatListsThoseThatDo() {
    #expect {
      try KernelLevel.chosen(environment: ["MIXPIPE_KERNELS": "sse9"])
    } throws: {
      "\($0)".contains("sse9: no such level; choose one of portable")
    }
  }

  #if arch(x86_64)
    @Test("follows the flags of the processor") func followsTheFlagsOfTheProcessor() {
      func level(_ flags: String) -> KernelLevel {
        .level(ofProcessorInformation: "processor\t: 0\nflags\t\t: fpu \(flags) ht\nbugs\t:\n")
      }
      let third = "avx avx2 bmi1 bmi2 f16c fma abm movbe"
      #expect(level("sse2") == .portable)
      #expect(level("avx avx2 fma") == .portable)
      #expect(level(third) == .avx2)
      #expect(level(third + " avx512f") == .avx2)
      #expect(level(third + " avx512f avx512bw avx512cd avx512dq avx512vl") == .avx512)
      #expect(KernelLevel.level(ofProcessorInformation: "") == .portable)
    }
  #endif
}

@Suite struct LevelOfBFloat16KernelsTests {
  @Test("is had by instructions or by its twin", arguments: BFloat16Level.allCases)
  func isHadByInstructionsOrByItsTwin(level: BFloat16Level) throws {
    // Any level's name after the prefix asks for twins.
    for name in BFloat16Level.allCases.map(\.rawValue) {
      let twin = try BFloat16Kernels.chosen(
        level, environment: ["MIXPIPE_BF16": "portable-" + name])
      #expect(twin.level == level)
    }
    #expect(BFloat16Kernels.standard(level).level == level)
    if BFloat16Level.supported.contains(level) {
      #expect(try BFloat16Kernels.chosen(level, environment: [:]).level == level)
    } else {
      #expect {
        try BFloat16Kernels.chosen(level, environment: [:])
      } throws: {
        "\($0)".contains("MIXPIPE_BF16=portable-\(level.rawValue)")
      }
    }
  }

  @Test("is what the environment names") func isWhatTheEnvironmentNames() throws {
    #expect(try BFloat16Kernels.asked(environment: [:]) == nil)
    for level in BFloat16Level.allCases {
      for (prefix, isTwin) in [("", false), ("portable-", true)] {
        let asked = try #require(
          try BFloat16Kernels.asked(environment: ["MIXPIPE_BF16": prefix + level.rawValue]))
        #expect(asked == (level, isTwin))
      }
    }
    #expect {
      try BFloat16Kernels.asked(environment: ["MIXPIPE_BF16": "tensor"])
    } throws: {
      "\($0)".contains("tensor: no such kernels; choose one of bf16, portable-bf16, bf16-tiles")
    }
  }

  #if arch(x86_64)
    @Test("follows the flags of the processor")
    func followsTheFlagsOfTheProcessor() {
      func levels(_ flags: String) -> [BFloat16Level] {
        let avx512 =
          "avx avx2 bmi1 bmi2 f16c fma abm movbe avx512f avx512bw avx512cd avx512dq avx512vl"
        return BFloat16Level.levels(ofProcessorInformation: "flags\t\t: \(avx512) \(flags)\n")
      }
      #expect(levels("ht") == [])
      #expect(levels("avx512_bf16") == [.instructions])
      #expect(levels("avx512_bf16 amx_tile") == [.instructions])
      #expect(levels("avx512_bf16 amx_bf16 amx_tile amx_int8") == [.instructions, .tiles])
      #expect(levels("amx_bf16 amx_tile") == [])
      #expect(BFloat16Level.levels(ofProcessorInformation: "flags : avx512_bf16") == [])
    }

    @Test("is the fastest where nobody asks") func isTheFastestWhereNobodyAsks() {
      func fastest(_ vendor: String, _ levels: [BFloat16Level]) -> BFloat16Level? {
        .fastest(
          of: levels, processorInformation: "processor\t: 0\nvendor_id\t: \(vendor)\nflags\t: \n")
      }
      #expect(fastest("GenuineIntel", [.instructions, .tiles]) == .tiles)
      // Pair after pair is slower there than single precision.
      #expect(fastest("GenuineIntel", [.instructions]) == nil)
      #expect(fastest("AuthenticAMD", [.instructions]) == .instructions)
      #expect(fastest("AuthenticAMD", []) == nil)
      #expect(BFloat16Level.fastest(of: [.instructions], processorInformation: "") == .instructions)
    }
  #endif
}
