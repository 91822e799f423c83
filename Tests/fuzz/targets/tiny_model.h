/* tiny_model.h: safetensors made here, in memory: what a model's tensors are called, and their shapes. */
#ifndef TINY_MODEL_H
#define TINY_MODEL_H

#include "reader.h"

enum { TENSOR_RANK = 4, LARGEST_TENSORS = 1 << 20 };

typedef struct tensor {
  const char *name;
  uint32_t shape[TENSOR_RANK];
  int rank;
} tensor;

/* One block of each encoder, 16 pixels a side in patches of 8, a context of 8 and, with the byte symbols and two
 * markers, 80 merges of the tokenizer's test list. */
enum { TINY_WIDTH = 64, TINY_EMBEDDING = 16, TINY_CONTEXT = 8, TINY_VOCABULARY = 514 + 80, TINY_SIDE = 16 };

#define BLOCK(prefix)                                                                                              \
  {prefix "attn.in_proj_weight", {3 * TINY_WIDTH, TINY_WIDTH}, 2}, {prefix "attn.in_proj_bias", {3 * TINY_WIDTH}, 1}, \
      {prefix "attn.out_proj.weight", {TINY_WIDTH, TINY_WIDTH}, 2}, {prefix "attn.out_proj.bias", {TINY_WIDTH}, 1},  \
      {prefix "ln_1.weight", {TINY_WIDTH}, 1}, {prefix "ln_1.bias", {TINY_WIDTH}, 1},                               \
      {prefix "mlp.c_fc.weight", {4 * TINY_WIDTH, TINY_WIDTH}, 2}, {prefix "mlp.c_fc.bias", {4 * TINY_WIDTH}, 1},     \
      {prefix "mlp.c_proj.weight", {TINY_WIDTH, 4 * TINY_WIDTH}, 2}, {prefix "mlp.c_proj.bias", {TINY_WIDTH}, 1},     \
      {prefix "ln_2.weight", {TINY_WIDTH}, 1}, {prefix "ln_2.bias", {TINY_WIDTH}, 1}

static const tensor tiny_tensors[] = {
    {"positional_embedding", {TINY_CONTEXT, TINY_WIDTH}, 2},
    {"text_projection", {TINY_WIDTH, TINY_EMBEDDING}, 2},
    {"logit_scale", {0}, 0},
    {"visual.class_embedding", {TINY_WIDTH}, 1},
    {"visual.positional_embedding", {5, TINY_WIDTH}, 2},
    {"visual.proj", {TINY_WIDTH, TINY_EMBEDDING}, 2},
    {"visual.conv1.weight", {TINY_WIDTH, 3, 8, 8}, 4},
    {"visual.ln_pre.weight", {TINY_WIDTH}, 1},
    {"visual.ln_pre.bias", {TINY_WIDTH}, 1},
    {"visual.ln_post.weight", {TINY_WIDTH}, 1},
    {"visual.ln_post.bias", {TINY_WIDTH}, 1},
    BLOCK("visual.transformer.resblocks.0."),
    BLOCK("transformer.resblocks.0."),
    {"token_embedding.weight", {TINY_VOCABULARY, TINY_WIDTH}, 2},
    {"ln_final.weight", {TINY_WIDTH}, 1},
    {"ln_final.bias", {TINY_WIDTH}, 1},
};
enum { TINY_TENSORS = sizeof tiny_tensors / sizeof tiny_tensors[0] };

/* 0 where the tensors take more than LARGEST_TENSORS bytes in half precision. */
static inline uint64_t tensor_bytes(const tensor *t) {
  uint64_t count = 2;
  for (int i = 0; i < t->rank; i++) {
    if (count == 0 || t->shape[i] == 0) return 0;
    count *= t->shape[i];
    if (count > LARGEST_TENSORS) return UINT64_MAX / 256;
  }
  return count;
}

/* A file of these tensors in half precision, all numbers alike; `metadata` is the inside of the header's __metadata__,
 * or NULL. NULL where the numbers take too much. To be freed. */
static inline uint8_t *write_tensors(const tensor *tensors, int count, const char *metadata, size_t *size) {
  uint64_t data = 0;
  size_t room = 256 + (metadata ? strlen(metadata) : 0);
  for (int i = 0; i < count; i++) {
    data += tensor_bytes(&tensors[i]);
    room += strlen(tensors[i].name) + 160;
  }
  if (data > LARGEST_TENSORS) return NULL;
  char *header = malloc(room);
  if (!header) abort();
  size_t n = (size_t)snprintf(header, room, "{");
  if (metadata) n += (size_t)snprintf(header + n, room - n, "\"__metadata__\":{%s}%s", metadata, count ? "," : "");
  uint64_t offset = 0;
  for (int i = 0; i < count; i++) {
    n += (size_t)snprintf(header + n, room - n, "%s\"%s\":{\"dtype\":\"F16\",\"shape\":[", i ? "," : "",
                          tensors[i].name);
    for (int k = 0; k < tensors[i].rank; k++)
      n += (size_t)snprintf(header + n, room - n, "%s%u", k ? "," : "", tensors[i].shape[k]);
    const uint64_t end = offset + tensor_bytes(&tensors[i]);
    n += (size_t)snprintf(header + n, room - n, "],\"data_offsets\":[%llu,%llu]}", (unsigned long long)offset,
                          (unsigned long long)end);
    offset = end;
  }
  n += (size_t)snprintf(header + n, room - n, "}");
  *size = 8 + n + data;
  uint8_t *file = malloc(*size);
  if (!file) abort();
  const uint64_t length = n;
  memcpy(file, &length, 8);
  memcpy(file + 8, header, n);
  static uint8_t numbers[LARGEST_TENSORS];
  if (!numbers[0])
    for (size_t i = 0; i < sizeof numbers; i++) numbers[i] = i % 2 ? 0x2A : 0x66; /* 0.05 */
  memcpy(file + 8 + n, numbers, data);
  free(header);
  return file;
}

#endif
