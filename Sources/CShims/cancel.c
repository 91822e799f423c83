#include "CShims.h"

static _Thread_local const int *heard;

void cshims_hear_cancel(const int *token) { heard = token; }

const int *cshims_heard_cancel(void) { return heard; }

int cshims_is_cancelled(void) {
  return heard != NULL && __atomic_load_n(heard, __ATOMIC_RELAXED) != 0;
}

void cshims_set_cancel(int *token, int value) { __atomic_store_n(token, value, __ATOMIC_RELAXED); }
