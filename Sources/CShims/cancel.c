#include "CShims.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

struct cshims_token {
  uint64_t magic;  // `live` until the owner releases the token; the first field, as in every handle of the library
  int set;
  int references;  // one for the owner and one for each thread that uses the token
};

static const uint64_t live = 0x41434C495043616EULL;

static _Thread_local const int *used_flag;
static _Thread_local cshims_token *used_token;  // the token that holds `used_flag`, if one does
static _Thread_local const int *call_flag;      // of the token of the thread's present call

void cshims_use_cancel_flag(const int *flag) { used_flag = flag; }

const int *cshims_cancel_flag(void) { return used_flag; }

static int is_set(const int *flag) { return flag != NULL && __atomic_load_n(flag, __ATOMIC_RELAXED) != 0; }

int cshims_is_cancelled(void) { return is_set(used_flag) || is_set(call_flag); }

void cshims_use_call_token(const cshims_token *token) { call_flag = token != NULL ? &token->set : NULL; }

cshims_token *cshims_token_create(void) {
  cshims_token *token = calloc(1, sizeof *token);
  if (token == NULL) return NULL;
  token->magic = live;
  token->references = 1;
  return token;
}

int cshims_token_is_live(const cshims_token *token) {
  return (uintptr_t)token % _Alignof(cshims_token) == 0 && token->magic == live;
}

static void drop(cshims_token *token) {
  if (__atomic_sub_fetch(&token->references, 1, __ATOMIC_ACQ_REL) == 0) free(token);
}

void cshims_token_release(cshims_token *token) {
  __atomic_store_n(&token->magic, 0, __ATOMIC_RELAXED);
  drop(token);
}

void cshims_token_set(cshims_token *token, int value) { __atomic_store_n(&token->set, value, __ATOMIC_RELAXED); }

int cshims_token_is_set(const cshims_token *token) { return __atomic_load_n(&token->set, __ATOMIC_RELAXED) != 0; }

static pthread_key_t at_exit;
static pthread_once_t key_made = PTHREAD_ONCE_INIT;
static int has_key;

// Gives up an ending thread's reference. Other destructors of the thread may still call the library afterwards.
static void drop_at_exit(void *token) {
  used_flag = NULL;
  used_token = NULL;
  drop(token);
}

static void make_key(void) { has_key = pthread_key_create(&at_exit, drop_at_exit) == 0; }

int cshims_use_token(cshims_token *token, cshims_token **previous) {
  // A token that its owner has released may be freed below, so it is not returned.
  *previous = used_token != NULL && cshims_token_is_live(used_token) ? used_token : NULL;
  if (token == used_token) return 1;
  pthread_once(&key_made, make_key);
  if (!has_key || pthread_setspecific(at_exit, token) != 0) return 0;
  if (token != NULL) __atomic_add_fetch(&token->references, 1, __ATOMIC_RELAXED);
  cshims_token *before = used_token;
  used_token = token;
  used_flag = token != NULL ? &token->set : NULL;
  if (before != NULL) drop(before);
  return 1;
}
