// Matrix products through OpenBLAS's single-threaded build, linked statically and hidden, so that
// loading this library starts no thread and the host's own BLAS is not touched. The prototype is
// written out because the header's place differs between distributions; `int` is the interface
// width of the build named in Package.swift.
#include <pthread.h>

#include "CKernels.h"

void cblas_sgemm(int order, int trans_a, int trans_b, int m, int n, int k, float alpha,
                 const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc);

enum { ROW_MAJOR = 101, NO_TRANS = 111, TRANS = 112 };

// OpenBLAS takes one of 128 work buffers per concurrent call; one call too many makes it print and
// crash. Callers beyond this number wait.
enum { MAX_CONCURRENT = 64 };
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate_opened = PTHREAD_COND_INITIALIZER;
static int inside;

static void enter(void) {
  pthread_mutex_lock(&gate);
  while (inside >= MAX_CONCURRENT) pthread_cond_wait(&gate_opened, &gate);
  inside++;
  pthread_mutex_unlock(&gate);
}

static void leave(void) {
  pthread_mutex_lock(&gate);
  if (inside-- == MAX_CONCURRENT) pthread_cond_signal(&gate_opened);
  pthread_mutex_unlock(&gate);
}

void ckernels_gemm_nt(size_t m, size_t n, size_t k, float alpha, const float *a, size_t a_stride,
                      const float *b, size_t b_stride, float *c, size_t c_stride) {
  enter();
  cblas_sgemm(ROW_MAJOR, NO_TRANS, TRANS, (int)m, (int)n, (int)k, alpha, a, (int)a_stride, b,
              (int)b_stride, 0.0f, c, (int)c_stride);
  leave();
}

void ckernels_gemm_nn(size_t m, size_t n, size_t k, float alpha, const float *a, size_t a_stride,
                      const float *b, size_t b_stride, float *c, size_t c_stride) {
  enter();
  cblas_sgemm(ROW_MAJOR, NO_TRANS, NO_TRANS, (int)m, (int)n, (int)k, alpha, a, (int)a_stride, b,
              (int)b_stride, 0.0f, c, (int)c_stride);
  leave();
}
