// OpenBLAS as Swift sees it: cblas, the LAPACK routines in use, and thread control.
// Debian's OpenBLAS carries LAPACK's Fortran symbols but no LAPACKE header, hence the prototypes.
#ifndef MIXPIPE_COPENBLAS_SHIM_H
#define MIXPIPE_COPENBLAS_SHIM_H

#include <cblas.h>

/// Cholesky factorization A = L·Lᵀ or Uᵀ·U of a symmetric positive-definite matrix, in place.
void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info);
/// Inverse from the factor that dpotrf_ left, in place, one triangle.
void dpotri_(const char *uplo, const int *n, double *a, const int *lda, int *info);
/// Solves A·X = B from the factor that dpotrf_ left.
void dpotrs_(const char *uplo, const int *n, const int *nrhs, const double *a, const int *lda,
             double *b, const int *ldb, int *info);
/// Inverse of a triangular matrix, in place.
void dtrtri_(const char *uplo, const char *diag, const int *n, double *a, const int *lda, int *info);
/// Eigenvalues and eigenvectors of a symmetric matrix.
void dsyev_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w,
            double *work, const int *lwork, int *info);

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

/// Makes this thread's processor take and give zero for subnormal numbers, which are a hundred times
/// slower than others. Returns what mixpipe_restore_subnormals needs to undo it.
static inline unsigned long mixpipe_flush_subnormals(void) {
#if defined(__x86_64__)
  unsigned int state = _mm_getcsr();
  _mm_setcsr(state | 0x8040); // flush to zero, denormals are zero
  return state;
#elif defined(__aarch64__)
  unsigned long state;
  __asm__ __volatile__("mrs %0, fpcr" : "=r"(state));
  __asm__ __volatile__("msr fpcr, %0" : : "r"(state | (1ul << 24)));
  return state;
#else
  return 0;
#endif
}

static inline void mixpipe_restore_subnormals(unsigned long state) {
#if defined(__x86_64__)
  _mm_setcsr((unsigned int)state);
#elif defined(__aarch64__)
  __asm__ __volatile__("msr fpcr, %0" : : "r"(state));
#else
  (void)state;
#endif
}

#endif
