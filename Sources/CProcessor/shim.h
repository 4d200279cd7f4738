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

/// Writes the sums, 32 rows of 32 numbers.
static inline void mixpipe_store_tiles(float *sums) {
  _tile_stored(0, sums, 128);
  _tile_stored(1, sums + 16, 128);
  _tile_stored(2, sums + 512, 128);
  _tile_stored(3, sums + 528, 128);
}
#endif

#endif
