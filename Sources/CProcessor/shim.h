// What Swift has no word for: hints about memory, and instructions for bfloat16.
#ifndef MIXPIPE_CPROCESSOR_SHIM_H
#define MIXPIPE_CPROCESSOR_SHIM_H

/// Has the cache line of `address` fetched, without waiting for it. Any address will do: one that is
/// not mapped does nothing.
static inline void mixpipe_prefetch(const void *address) { __builtin_prefetch(address, 0, 3); }

/// The same, but no nearer than the second-level cache: for what is wanted later.
static inline void mixpipe_prefetch_far(const void *address) {
  __builtin_prefetch(address, 0, 2);
}

#if defined(__linux__) && defined(__x86_64__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

/// Asks Linux for the registers of tiles, which a process has only once it asked: arch_prctl's
/// ARCH_REQ_XCOMP_PERM for component 18. Returns whether it has them.
static inline int mixpipe_request_tiles(void) {
#if defined(__linux__) && defined(__x86_64__)
  return syscall(SYS_arch_prctl, 0x1023, 18) == 0;
#else
  return 0;
#endif
}

#include <stdlib.h>

/// `words` words of memory that begin at a cache line; to be given back by mixpipe_give.
static inline unsigned int *mixpipe_take(long words) {
  return (unsigned int *)aligned_alloc(64, ((unsigned long)words * 4 + 63) & ~63ul);
}

static inline void mixpipe_give(unsigned int *memory) { free(memory); }

/// 2^(i/32) for i from 0 to 31, rounded to nearest.
static const float mixpipe_roots[32] __attribute__((aligned(64))) = {
    0x1.000000p+0f, 0x1.059b0ep+0f, 0x1.0b5586p+0f, 0x1.11301ep+0f, 0x1.172b84p+0f, 0x1.1d4874p+0f,
    0x1.2387a6p+0f, 0x1.29e9e0p+0f, 0x1.306fe0p+0f, 0x1.371a74p+0f, 0x1.3dea64p+0f, 0x1.44e086p+0f,
    0x1.4bfdaep+0f, 0x1.5342b6p+0f, 0x1.5ab07ep+0f, 0x1.6247ecp+0f, 0x1.6a09e6p+0f, 0x1.71f75ep+0f,
    0x1.7a1148p+0f, 0x1.82589ap+0f, 0x1.8ace54p+0f, 0x1.93737cp+0f, 0x1.9c4918p+0f, 0x1.a5503cp+0f,
    0x1.ae89fap+0f, 0x1.b7f770p+0f, 0x1.c199bep+0f, 0x1.cb720ep+0f, 0x1.d5818ep+0f, 0x1.dfc974p+0f,
    0x1.ea4afap+0f, 0x1.f50766p+0f};

/// 2^(index/32), of the index's lowest five bits.
static inline float mixpipe_root(unsigned int index) { return mixpipe_roots[index & 31]; }

#ifdef __AVX512BF16__
#include <immintrin.h>

typedef float mixpipe_lane __attribute__((ext_vector_type(16)));
/// Pairs of bfloat16, the first of each in the lower half.
typedef unsigned int mixpipe_pairs __attribute__((ext_vector_type(16)));

/// `sum` and the products of each pair (VDPBF16PS).
static inline __attribute__((always_inline)) mixpipe_lane
mixpipe_add_products(mixpipe_lane sum, mixpipe_pairs a, mixpipe_pairs b) {
  return (mixpipe_lane)_mm512_dpbf16_ps((__m512)sum, (__m512bh)a, (__m512bh)b);
}

/// Two lanes rounded (VCVTNE2PS2BF16): the first's numbers, then the second's.
static inline __attribute__((always_inline)) mixpipe_pairs
mixpipe_round(mixpipe_lane first, mixpipe_lane second) {
  return (mixpipe_pairs)_mm512_cvtne2ps_pbh((__m512)second, (__m512)first);
}

/// The numbers of both halves in turn: pairs of one of each.
static inline __attribute__((always_inline)) mixpipe_pairs mixpipe_pair(mixpipe_pairs halves) {
  const __m512i order = _mm512_set_epi16(
      31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21, 5, 20, 4, 19,
      3, 18, 2, 17, 1, 16, 0);
  return (mixpipe_pairs)_mm512_permutexvar_epi16(order, (__m512i)halves);
}

/// e^x as `exponential` of the kernels for bfloat16 says: the same steps, and the same bits.
static inline __attribute__((always_inline)) mixpipe_lane mixpipe_exponential(mixpipe_lane number) {
  const __m512 x = (__m512)number, magic = _mm512_set1_ps(12582912);
  const __m512 shifted = _mm512_fmadd_ps(x, _mm512_set1_ps(0x1.715476p+5f), magic);
  const __m512 k = _mm512_sub_ps(shifted, magic);
  const __m512 r = _mm512_fnmadd_ps(k, _mm512_set1_ps(0x1.62e430p-6f), x);
  const __m512 root = _mm512_permutex2var_ps(
      _mm512_load_ps(mixpipe_roots), (__m512i)shifted, _mm512_load_ps(mixpipe_roots + 16));
  const __m512 slope = _mm512_fmadd_ps(_mm512_set1_ps(0.5f), r, _mm512_set1_ps(0x1.0000f6p+0f));
  const __m512 y = _mm512_fmadd_ps(_mm512_mul_ps(root, r), slope, root);
  const __mmask16 kept = _mm512_cmp_ps_mask(x, _mm512_set1_ps(-87.3f), _CMP_NLT_UQ);
  return (mixpipe_lane)_mm512_maskz_scalef_ps(kept, y, _mm512_mul_ps(k, _mm512_set1_ps(0x1p-5f)));
}

/// 1 / (1 + x).
static inline __attribute__((always_inline)) mixpipe_lane mixpipe_below_one(mixpipe_lane x) {
  const __m512 one = _mm512_set1_ps(1);
  return (mixpipe_lane)_mm512_div_ps(one, _mm512_add_ps(one, (__m512)x));
}
#endif

#ifdef __AMX_BF16__
/// Makes all eight tiles of this thread sixteen rows of 64 bytes.
static inline void mixpipe_configure_tiles(void) {
  struct {
    unsigned char palette, start, reserved[14];
    unsigned short bytes[16];
    unsigned char rows[16];
  } __attribute__((aligned(64))) shape = {.palette = 1};
  for (int tile = 0; tile < 8; tile++) {
    shape.bytes[tile] = 64;
    shape.rows[tile] = 16;
  }
  _tile_loadconfig(&shape);
}

/// Gives the tiles up, so that a change of threads need not save them.
static inline void mixpipe_release_tiles(void) { _tile_release(); }

/// Tiles 0 to 3 are the sums of two tiles of rows by two of columns.
static inline void mixpipe_clear_tiles(void) {
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
}

/// Adds 32 rows of sixteen pairs, `a`, times sixteen rows of 32 pairs, `b`, that are `bytes` apart
/// (TDPBF16PS).
static inline __attribute__((always_inline)) void
mixpipe_add_tiles(const unsigned int *a, const unsigned int *b, long bytes) {
  _tile_loadd(4, a, 64);
  _tile_loadd(6, b, bytes);
  _tile_loadd(7, b + 16, bytes);
  _tile_dpbf16ps(0, 4, 6);
  _tile_loadd(5, a + 256, 64);
  _tile_dpbf16ps(1, 4, 7);
  _tile_dpbf16ps(2, 5, 6);
  _tile_dpbf16ps(3, 5, 7);
}

/// `count` products of whole tiles of zeros, four at a time, for what they take.
static inline void mixpipe_multiply_tiles(long count) {
  mixpipe_configure_tiles();
  mixpipe_clear_tiles();
  _tile_zero(4);
  _tile_zero(5);
  _tile_zero(6);
  _tile_zero(7);
  for (long i = 0; i < count; i += 4) {
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  mixpipe_release_tiles();
}

/// Writes the sums, 32 rows of 32 numbers.
static inline void mixpipe_store_tiles(float *sums) {
  _tile_stored(0, sums, 128);
  _tile_stored(1, sums + 16, 128);
  _tile_stored(2, sums + 512, 128);
  _tile_stored(3, sums + 528, 128);
}
#endif

#endif
