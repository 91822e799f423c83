/* embeddings.h: what a model computes, to tell whether it is the same as another. */
#ifndef EMBEDDINGS_H
#define EMBEDDINGS_H

#include "../c/check.h"

enum { EMBEDDINGS = 1 << 11 };

/* A video's and a text's embedding, then has_tokenizer and the logit scale; -> how many floats. */
static size_t embeddings(const actionclip_model *model, float *out) {
  actionclip_model_info info;
  info.struct_size = sizeof info;
  CHECK_OK(actionclip_model_get_info(model, &info));
  const size_t t = (size_t)info.frames, e = (size_t)info.embedding_size, c = (size_t)info.context_length;
  const size_t s = (size_t)info.image_size, pixels = t * 3 * s * s;
  if (2 * e + 2 > EMBEDDINGS) exit(2);
  float *input = check_alloc(pixels * sizeof *input);
  int32_t *tokens = check_alloc(c * sizeof *tokens);
  for (size_t i = 0; i < pixels; i++) input[i] = (float)(i % 17) / 9 - 1;
  tokens[0] = info.vocabulary_size - 2;
  tokens[1] = info.vocabulary_size - 1;
  CHECK_OK(actionclip_encode_pixels(model, input, pixels, t, out, e, NULL, 0));
  CHECK_OK(actionclip_encode_tokens(model, tokens, c, 1, out + e, e));
  out[2 * e] = (float)info.has_tokenizer;
  out[2 * e + 1] = info.logit_scale;
  free(input);
  free(tokens);
  return 2 * e + 2;
}

#endif
