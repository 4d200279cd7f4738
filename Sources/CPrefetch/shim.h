// What Swift has no word for: a hint that memory will soon be wanted.
#ifndef MIXPIPE_CPREFETCH_SHIM_H
#define MIXPIPE_CPREFETCH_SHIM_H

/// Has the cache line of `address` fetched, without waiting for it. Any address will do: one that is
/// not mapped does nothing.
static inline void mixpipe_prefetch(const void *address) { __builtin_prefetch(address, 0, 3); }


/// The same, but no nearer than the second-level cache: for what is wanted later.
static inline void mixpipe_prefetch_far(const void *address) {
  __builtin_prefetch(address, 0, 2);
}

#endif
