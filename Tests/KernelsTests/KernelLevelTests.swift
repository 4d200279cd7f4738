import Kernels
import Testing

@Suite struct LevelOfKernelsTests {
  @Test func isTheBestThereIsUnlessAskedOtherwise() throws {
    #expect(try KernelLevel.chosen(environment: [:]) == .supported)
    #expect(try KernelLevel.chosen(environment: ["MIXPIPE_KERNELS": ""]) == .supported)
    #expect(try KernelLevel.chosen(environment: ["MIXPIPE_KERNELS": "portable"]) == .portable)
  }

  @Test func thatDoesNotExistIsAnErrorThatListsThoseThatDo() {
    #expect {
      try KernelLevel.chosen(environment: ["MIXPIPE_KERNELS": "sse9"])
    } throws: {
      "\($0)".contains("sse9: no such level; choose one of portable")
    }
  }

  #if arch(x86_64)
    @Test func followsTheFlagsOfTheProcessor() {
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
