// fuzz: -max_len=512 -runs=1000000 -rss_limit_mb=1024
/* Loading: the tiny model with tensors left out, doubled in their shapes, renamed or added, and any choice of options.
 * A model that loads describes itself and computes. */
#include "actionclip.h"
#include "tiny_model.h"

#define HEAD_BLOCK "fusion.transformer.resblocks.0."
#define CLS_LAYER "fusion.transformer.transformer_enc.layers.0."

/* Tensors that choose an option, one head or another, or another form of file. */
static const tensor others[] = {
    {"visual.time_embedding", {8, TINY_WIDTH}, 2},
    {"fusion.frame_position_embeddings.weight", {TINY_CONTEXT, TINY_EMBEDDING}, 2},
    {"fusion.shift.weight", {TINY_EMBEDDING, 1, 3}, 3},
    {"fusion.lstm_visual.weight_ih_l0", {4 * TINY_EMBEDDING, TINY_EMBEDDING}, 2},
    {"fusion.lstm_visual.weight_hh_l0", {4 * TINY_EMBEDDING, TINY_EMBEDDING}, 2},
    {"fusion.lstm_visual.bias_ih_l0", {4 * TINY_EMBEDDING}, 1},
    {"fusion.lstm_visual.bias_hh_l0", {4 * TINY_EMBEDDING}, 1},
    {HEAD_BLOCK "ln_1.weight", {TINY_EMBEDDING}, 1},
    {"fusion.transformer.cls_token", {1, 1, TINY_EMBEDDING}, 3},
    {"fusion.transformer.pos_embed", {1, 9, TINY_EMBEDDING}, 3},
    {CLS_LAYER "norm1.weight", {TINY_EMBEDDING}, 1},
    {"visual.transformer.resblocks.0.net.ln_1.weight", {TINY_WIDTH}, 1},
    {"visual.transformer.resblocks.1.ln_1.weight", {TINY_WIDTH}, 1},
    {"transformer.resblocks.1.ln_1.weight", {TINY_WIDTH}, 1},
    {"module.visual.proj", {TINY_WIDTH, TINY_EMBEDDING}, 2},
    {"attn_mask", {TINY_CONTEXT, TINY_CONTEXT}, 2},
    {"input_resolution", {0}, 0},
    {"vision_model.x", {1}, 1},
    {"visual.conv1.weight.scale", {TINY_WIDTH}, 1},
    {"visual.transformer.resblocks.0.mlp.c_fc.weight.rotated_scale", {4 * TINY_WIDTH}, 1},
    {"visual.transformer.resblocks.18446744073709551616.ln_1.weight", {TINY_WIDTH}, 1},
};
enum { OTHERS = sizeof others / sizeof others[0], MOST = TINY_TENSORS + 16 };

/* Divisors of a model's sizes, and the limits that are accepted. */
static const uint32_t sizes[] = {0, 1, 2, 3, 5, 8, 10, 16, 17, 32, 64, 65, 128, 192, 256, 512, 513, 514, 515, 1024,
                                 4096, 16384, 65535, 65536, 65537, 1u << 20, 1u << 24, 1u << 31, UINT32_MAX};

static const char *const metadata[] = {
    NULL,
    "",
    "\"actionclip.format\":\"1\"",
    "\"actionclip.format\":\"1\",\"actionclip.head\":\"LSTM\",\"actionclip.frames\":\"4\"",
    "\"actionclip.format\":\"1\",\"actionclip.joint\":\"on\"",
    "\"actionclip.format\":\"1\",\"actionclip.compute\":\"int8\"",
    "\"actionclip.format\":\"1\",\"actionclip.vision_width\":\"64\",\"actionclip.image_size\":\"16\"",
    "\"actionclip.format\":\"1\",\"actionclip.labels\":\"[\\\"a\\\"]\",\"actionclip.merges\":\"#\\na b\\n\"",
};

static void change(reader *r, tensor *tensors, int *count) {
  const uint8_t what = take8(r);
  tensor *t = &tensors[take8(r) % *count];
  switch (what % 8) {
  case 0: /* another rank */
    t->rank = take8(r) % (TENSOR_RANK + 1);
    break;
  case 1: /* left out */
    if (*count > 1) *t = tensors[--*count];
    break;
  case 2: case 3: /* one more */
    if (*count < MOST) tensors[(*count)++] = others[take8(r) % OTHERS];
    break;
  case 4: { /* one size for another wherever it stands */
    const uint32_t from = sizes[take8(r) % (sizeof sizes / sizeof *sizes)];
    const uint32_t to = sizes[take8(r) % (sizeof sizes / sizeof *sizes)];
    for (int i = 0; i < *count; i++)
      for (int k = 0; k < tensors[i].rank; k++)
        if (tensors[i].shape[k] == from) tensors[i].shape[k] = to;
    break;
  }
  case 5:
    t->shape[take8(r) % TENSOR_RANK] = (uint32_t)take_number(r);
    break;
  default:
    t->shape[what / 8 % TENSOR_RANK] = sizes[take8(r) % (sizeof sizes / sizeof *sizes)];
    break;
  }
}

static void use(actionclip_model *model) {
  actionclip_model_info info = {.struct_size = sizeof info};
  PROMISE(actionclip_model_get_info(model, &info) == ACTIONCLIP_OK);
  PROMISE(info.image_size > 0 && info.embedding_size >= 0 && info.vocabulary_size >= 0 && info.frames > 0);
  PROMISE(info.parameters > 0 && info.weight_bytes > 0 && info.video_bytes >= 0 && info.text_bytes >= 0);
  if (info.embedding_size > 0 && info.embedding_size <= 64 && info.context_length <= 64 && info.text_width <= 128) {
    const size_t context = (size_t)info.context_length;
    int32_t *tokens = exactly(context * sizeof *tokens);
    memset(tokens, 0, context * sizeof *tokens);
    tokens[context - 1] = info.vocabulary_size - 1;
    float *out = exactly((size_t)info.embedding_size * sizeof *out);
    actionclip_encode_tokens(model, tokens, context, 1, out, (size_t)info.embedding_size);
    free(tokens);
    free(out);
  }
  if (info.embedding_size > 0 && info.embedding_size <= 64 && info.frames <= 8 && info.image_size <= 32 &&
      info.image_size / info.patch_size <= 4 && info.vision_width <= 128) {
    const size_t count = (size_t)info.frames * 3 * (size_t)info.image_size * (size_t)info.image_size;
    float *pixels = exactly(count * sizeof *pixels), *out = exactly((size_t)info.embedding_size * sizeof *out);
    for (size_t i = 0; i < count; i++) pixels[i] = 0.25f;
    actionclip_encode_pixels(model, pixels, count, (size_t)info.frames, out, (size_t)info.embedding_size, NULL, 0);
    free(pixels);
    free(out);
  }
}

int fuzz_model(const uint8_t *data, size_t size);
int fuzz_model(const uint8_t *data, size_t size) {
  reader r = {data, size};
  tensor tensors[MOST];
  int count = TINY_TENSORS;
  memcpy(tensors, tiny_tensors, sizeof tiny_tensors);
  actionclip_model_options options;
  actionclip_model_options_init(&options);
  options.threads = 1;
  const uint8_t chosen = take8(&r);
  if (chosen & 1) options.head = take8(&r) % 32;
  if (chosen & 2) options.frames = take_number(&r);
  if (chosen & 4) options.joint = take8(&r) % 5;
  if (chosen & 8) options.temporal_shift = take8(&r) % 4;
  if (chosen & 16) options.compute_type = take8(&r) % 5;
  const char *notes = metadata[take8(&r) % (sizeof metadata / sizeof *metadata)];
  for (int changes = 0; r.left > 0 && changes < 24; changes++) change(&r, tensors, &count);
  size_t bytes;
  uint8_t *file = write_tensors(tensors, count, notes, &bytes);
  if (!file) return 0;
  actionclip_model *model = NULL;
  const int32_t status = actionclip_model_load_buffer(file, bytes, &options, &model);
  free(file);
  PROMISE((status == ACTIONCLIP_OK) == (model != NULL));
  PROMISE(status != ACTIONCLIP_ERROR_INTERNAL);
  PROMISE((status == ACTIONCLIP_OK) == (actionclip_last_error()[0] == '\0'));
  if (model) use(model);
  actionclip_model_free(model);
  return 0;
}
