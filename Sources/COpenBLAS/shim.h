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

#endif
