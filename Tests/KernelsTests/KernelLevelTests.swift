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
  /// Tiles add up otherwise and are for those who ask: on a processor that has both, a study is to give the bits that it
  /// gives on one that has instructions alone.
  @Test("is that of the instructions unless asked otherwise")
  func isThatOfTheInstructionsUnlessAskedOtherwise() throws {
    for level in BFloat16Level.allCases {
      let twin = try BFloat16Kernels.chosen(
        environment: ["MIXPIPE_BF16": "portable-\(level.rawValue)"])
      #expect(twin.level == level)
    }
    for level in BFloat16Level.supported {
      let asked = try BFloat16Kernels.chosen(environment: ["MIXPIPE_BF16": level.rawValue])
      #expect(asked.level == level)
    }
    if BFloat16Level.supported.contains(.instructions) {
      #expect(try BFloat16Kernels.chosen(environment: [:]).level == .instructions)
    } else {
      #expect(throws: KernelError.noBFloat16) { try BFloat16Kernels.chosen(environment: [:]) }
    }
    #expect {
      try BFloat16Kernels.chosen(environment: ["MIXPIPE_BF16": "tensor"])
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
  #endif
}
