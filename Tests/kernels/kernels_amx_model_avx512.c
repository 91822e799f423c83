// The AMX kernels over the model, with the vectors of AVX-512 that the real ones have.
#if defined(__x86_64__)
#define MODEL_AVX512
#include "kernels_amx_model.c"
#endif
