/* test_api.c: the happy path. Load every pack, ask what it is, encode its pixels and tokens, compare with
 * PyTorch; then the untrained model from text and pictures to probabilities. */
#include "pack.h"

#include <math.h>

static const double tolerance = 1e-4; /* of the largest expected value; mistakes move it by > 1e-2 */

static void versions_and_errors(void) {
  char version[32];
  snprintf(version, sizeof version, "%d.%d.%d", ACTIONCLIP_VERSION_MAJOR, ACTIONCLIP_VERSION_MINOR,
           ACTIONCLIP_VERSION_PATCH);
  CHECK(strcmp(actionclip_version(), version) == 0);
  CHECK(actionclip_abi_version() == ACTIONCLIP_ABI_VERSION);
  CHECK(strcmp(actionclip_status_name(ACTIONCLIP_OK), "ACTIONCLIP_OK") == 0);
  CHECK(strcmp(actionclip_status_name(ACTIONCLIP_ERROR_FILE_OPEN), "ACTIONCLIP_ERROR_FILE_OPEN") == 0);
  CHECK(strcmp(actionclip_status_name(-12345), "unknown status") == 0);
  CHECK(strcmp(actionclip_status_name(7), "unknown status") == 0);
  CHECK(strcmp(actionclip_status_name(INT32_MIN), "unknown status") == 0);
  int64_t value = 0;
  CHECK_OK(actionclip_constant("ACTIONCLIP_HEAD_LSTM", &value));
  CHECK(value == ACTIONCLIP_HEAD_LSTM);
  CHECK_OK(actionclip_constant("ACTIONCLIP_ERROR_FORKED", &value));
  CHECK(value == ACTIONCLIP_ERROR_FORKED);
}

/* Frames in groups of other sizes than a video's, and their embeddings joined: the same bits as all together. */
static void frames_alone(const actionclip_model *model, const pack *p, const actionclip_model_info *info,
                         const float *frames, const float *video) {
  const size_t e = (size_t)p->embed, all = p->pixels.rows, plane = p->pixels.count / all;
  float *out = check_alloc(all * e * sizeof *out);
  CHECK(info->frames_independent == !(p->joint || p->shift) && info->reserved == 0);
  if (!info->frames_independent) {
    CHECK_ERROR(ACTIONCLIP_ERROR_OPTION_CONFLICT,
                actionclip_encode_single_pixels(model, p->pixels.data, plane, 1, out, e));
    CHECK(strstr(actionclip_last_error(), p->joint ? "joint" : "temporal_shift") != NULL);
    CHECK(out[0] == 0);
  }
  for (size_t size = 1; info->frames_independent && size <= all; size += 2) {
    memset(out, 0, all * e * sizeof *out);
    for (size_t first = 0; first < all; first += size) {
      const size_t count = size < all - first ? size : all - first;
      CHECK_OK(actionclip_encode_single_pixels(model, (const float *)p->pixels.data + first * plane, count * plane,
                                               count, out + first * e, count * e));
    }
    CHECK(memcmp(out, frames, all * e * sizeof *out) == 0);
  }
  const size_t rows = p->frame_features.count / e, videos = (size_t)p->videos, each = rows / videos;
  float *joined = check_alloc(videos * e * sizeof *joined);
  CHECK_OK(actionclip_join_frames(model, frames, rows, joined, videos * e));
  CHECK(memcmp(joined, video, videos * e * sizeof *joined) == 0);
  for (size_t v = videos; v-- > 0;) {
    CHECK_OK(actionclip_join_frames(model, frames + v * each * e, each, joined, e));
    CHECK(memcmp(joined, video + v * e, e * sizeof *joined) == 0);
  }
  free(joined);
  free(out);
}

static void parity(const char *name) {
  pack p = pack_read(name);
  actionclip_model_options options = pack_options(&p, 2);
  actionclip_model *model = NULL;
  if (!CHECK_OK(actionclip_model_load(p.checkpoint, &options, &model))) return;

  actionclip_model_info info;
  memset(&info, 0, sizeof info);
  info.struct_size = sizeof info;
  CHECK_OK(actionclip_model_get_info(model, &info));
  CHECK(info.struct_size == sizeof info && info.heads_assumed == 0);
  CHECK(info.file_type == ACTIONCLIP_FILE_TORCH);
  CHECK(info.image_size == p.side && info.patch_size == p.patch);
  CHECK(info.vision_width == p.vision_width && info.vision_layers == p.vision_layers);
  CHECK(info.vision_heads == p.vision_width / 64 && info.text_heads == p.text_width / 64);
  CHECK(info.text_width == p.text_width && info.text_layers == p.text_layers);
  CHECK(info.embedding_size == p.embed && info.context_length == p.context);
  CHECK(info.vocabulary_size == p.vocabulary && info.frames == p.frames);
  CHECK(info.joint == p.joint && info.temporal_shift == p.shift && info.head == p.head);
  CHECK(info.compute_type == ACTIONCLIP_COMPUTE_FP32 && info.threads == 2);
  /* The reference's checkpoints have its activation. */
  CHECK(info.activation == ACTIONCLIP_ACTIVATION_QUICK_GELU && info.activation_assumed == 0);
  CHECK(info.has_tokenizer == 0 && info.parameters > 10000);
  CHECK(fabs((double)info.logit_scale - exp(log(100.0) - 0.1 * p.frames / 16)) < 1e-3);
  CHECK(info.usual_scale == 100 && info.reserved_3 == 0);

  float *video = check_alloc(p.video_features.count * sizeof(float));
  float *frames = check_alloc(p.frame_features.count * sizeof(float));
  float *text = check_alloc(p.text_features.count * sizeof(float));
  float *chance = check_alloc(p.probabilities.count * sizeof(float));
  CHECK_OK(actionclip_encode_pixels(model, p.pixels.data, p.pixels.count, p.pixels.rows, video,
                                    p.video_features.count, frames, p.frame_features.count));
  CHECK_OK(actionclip_encode_tokens(model, p.tokens.data, p.tokens.count, p.tokens.rows, text,
                                    p.text_features.count));
  CHECK_OK(actionclip_probabilities(video, (size_t)p.videos, text, (size_t)p.templates, (size_t)p.classes,
                                    (size_t)p.embed, 100.0f, chance, p.probabilities.count));
  const double ef = pack_error(frames, &p.frame_features), ev = pack_error(video, &p.video_features);
  const double et = pack_error(text, &p.text_features), ep = pack_error(chance, &p.probabilities);
  printf("  %-14s largest relative difference: frames %.1e, video %.1e, text %.1e, probabilities %.1e\n",
         name, ef, ev, et, ep);
  CHECK(ef < tolerance && ev < tolerance && et < tolerance && ep < 10 * tolerance);

  frames_alone(model, &p, &info, frames, video);

  /* Without frame_out, with more room than needed, and from memory: the same bits. */
  size_t size;
  unsigned char *bytes = check_read_file(p.checkpoint, &size);
  actionclip_model *copy = NULL;
  CHECK_OK(actionclip_model_load_buffer(bytes, size, &options, &copy));
  memset(bytes, 0, size);
  free(bytes);
  float *again = check_alloc((p.video_features.count + 3) * sizeof(float));
  CHECK_OK(actionclip_encode_pixels(copy, p.pixels.data, p.pixels.count, p.pixels.rows, again,
                                    p.video_features.count + 3, NULL, 0));
  CHECK(memcmp(again, video, p.video_features.count * sizeof(float)) == 0);
  CHECK(again[p.video_features.count] == 0.0f);
  actionclip_model_free(copy);

  /* A choice the checkpoint contradicts is an error. */
  actionclip_model_options wrong = options;
  wrong.joint = p.joint ? ACTIONCLIP_OFF : ACTIONCLIP_ON;
  actionclip_model *none = NULL;
  CHECK_ERROR(0, actionclip_model_load(p.checkpoint, &wrong, &none));
  wrong = options;
  wrong.head = p.head == ACTIONCLIP_HEAD_LSTM ? ACTIONCLIP_HEAD_CONV_1D : ACTIONCLIP_HEAD_LSTM;
  CHECK_ERROR(0, actionclip_model_load(p.checkpoint, &wrong, &none));
  CHECK(none == NULL);

  free(again);
  free(chance);
  free(text);
  free(frames);
  free(video);
  actionclip_model_free(model);
  pack_free(&p);
}

/* From words and pictures to probabilities, with the untrained model and its own merge list. */
static void words_and_pictures(void) {
  actionclip_model *model = NULL;
  if (!CHECK_OK(actionclip_model_load(check_path(UNTRAINED_MODEL), NULL, &model))) return;
  actionclip_model_info info;
  info.struct_size = sizeof info;
  CHECK_OK(actionclip_model_get_info(model, &info));
  CHECK(info.file_type == ACTIONCLIP_FILE_SAFETENSORS && info.has_tokenizer == 1);
  CHECK(info.frames == 8 && info.head == ACTIONCLIP_HEAD_TRANSF && info.vocabulary_size == 960);
  const size_t e = (size_t)info.embedding_size, c = (size_t)info.context_length;

  CHECK(actionclip_template_count() == 16);
  CHECK(strcmp(actionclip_template(0), "a photo of action {}") == 0);
  CHECK(strcmp(actionclip_template(15), "The woman is {}") == 0);
  CHECK(actionclip_template(16) == NULL && actionclip_template(-1) == NULL);

  /* encode_labels is encode_prompts of the filled templates, and tokenize + encode_tokens. */
  const char *labels[2] = {"moving left", "Moving   RIGHT"};
  const char *templates[3] = {"{}", "Look, the human is {}", "{}, a video of action"};
  const char *prompts[6] = {"moving left",
                            "Moving   RIGHT",
                            "Look, the human is moving left",
                            "Look, the human is Moving   RIGHT",
                            "moving left, a video of action",
                            "Moving   RIGHT, a video of action"};
  float *a = check_alloc(6 * e * sizeof(float)), *b = check_alloc(6 * e * sizeof(float));
  int32_t *tokens = check_alloc(6 * c * sizeof(int32_t));
  CHECK_OK(actionclip_encode_labels(model, labels, 2, templates, 3, 0, a, 6 * e));
  CHECK_OK(actionclip_encode_prompts(model, prompts, 6, 0, b, 6 * e));
  CHECK(memcmp(a, b, 6 * e * sizeof(float)) == 0);
  CHECK_OK(actionclip_tokenize(model, prompts, 6, 0, tokens, 6 * c));
  CHECK(tokens[0] == 958 && tokens[c] == 958);
  memset(b, 0, 6 * e * sizeof(float));
  CHECK_OK(actionclip_encode_tokens(model, tokens, 6 * c, 6, b, 6 * e));
  CHECK(memcmp(a, b, 6 * e * sizeof(float)) == 0);

  /* The tokenizer alone gives the ids between the markers. */
  actionclip_tokenizer *tokenizer = NULL;
  CHECK_OK(actionclip_tokenizer_load(check_path(UNTRAINED_MERGES), &tokenizer));
  int32_t ids[64];
  size_t count = 0, again = 0;
  CHECK_OK(actionclip_tokenizer_encode(tokenizer, prompts[0], strlen(prompts[0]), NULL, 0, &count));
  CHECK_OK(actionclip_tokenizer_encode(tokenizer, prompts[0], strlen(prompts[0]), ids, 64, &again));
  CHECK(count == again && count >= 2 && count < 12);
  CHECK(memcmp(ids, tokens + 1, count * sizeof ids[0]) == 0 && tokens[count + 1] == 959);
  actionclip_tokenizer_free(tokenizer);

  /* Frames: RGB and BGR of one picture, packed or with wide rows, are one picture. */
  enum { W = 61, H = 47, T = 8, STRIDE = W * 4 + 5 };
  static uint8_t rgb[T][H * W * 3], bgra[T][H * STRIDE];
  actionclip_image one[T], two[T];
  memset(one, 0, sizeof one);
  memset(two, 0, sizeof two);
  for (int t = 0; t < T; t++) {
    for (int y = 0; y < H; y++)
      for (int x = 0; x < W; x++)
        for (int k = 0; k < 3; k++) {
          const uint8_t v = (uint8_t)(x * 3 + y * (5 - k) + k * 90 + t * 13);
          rgb[t][(y * W + x) * 3 + k] = v;
          bgra[t][y * STRIDE + x * 4 + (2 - k)] = v;
        }
    one[t].data = rgb[t];
    one[t].width = W;
    one[t].height = H;
    one[t].pixel_format = ACTIONCLIP_PIXEL_RGB;
    two[t] = one[t];
    two[t].data = bgra[t];
    two[t].row_stride = STRIDE;
    two[t].pixel_format = ACTIONCLIP_PIXEL_BGRA;
  }
  float *v1 = check_alloc(e * sizeof(float)), *v2 = check_alloc(e * sizeof(float));
  float *f1 = check_alloc(T * e * sizeof(float)), *f2 = check_alloc(T * e * sizeof(float));
  CHECK_OK(actionclip_encode_frames(model, one, T, NULL, v1, e, f1, T * e));
  CHECK_OK(actionclip_encode_frames(model, two, T, NULL, v2, e, f2, T * e));
  CHECK(memcmp(v1, v2, e * sizeof(float)) == 0 && memcmp(f1, f2, T * e * sizeof(float)) == 0);
  CHECK(memcmp(f1, f1 + e, e * sizeof(float)) != 0); /* other frames, other embeddings */

  /* encode_frames is preprocess_pixels + encode_pixels. */
  const size_t side = (size_t)info.image_size, plane = 3 * side * side;
  float *pixels = check_alloc(T * plane * sizeof(float));
  for (int t = 0; t < T; t++)
    CHECK_OK(actionclip_preprocess_pixels(&one[t], info.image_size, NULL, pixels + (size_t)t * plane, plane));
  memset(v2, 0, e * sizeof(float));
  CHECK_OK(actionclip_encode_pixels(model, pixels, T * plane, T, v2, e, NULL, 0));
  CHECK(memcmp(v1, v2, e * sizeof(float)) == 0);

  /* Frames encoded by themselves, of two layouts, and joined: the same bits. */
  memset(f2, 0, T * e * sizeof(float));
  CHECK_OK(actionclip_encode_single_frames(model, one, 3, NULL, f2, 3 * e));
  CHECK_OK(actionclip_encode_single_frames(model, two + 3, T - 3, NULL, f2 + 3 * e, (T - 3) * e));
  CHECK(memcmp(f1, f2, T * e * sizeof(float)) == 0);
  memset(v2, 0, e * sizeof(float));
  CHECK_OK(actionclip_join_frames(model, f2, T, v2, e));
  CHECK(memcmp(v1, v2, e * sizeof(float)) == 0);

  /* Similarity: scale * cosine; probabilities sum to one. */
  float logits[6], chance[2];
  float same[6];
  CHECK(info.video_size == info.embedding_size);
  CHECK_OK(actionclip_similarity(v1, 1, a, 6, e, 1.0f, logits, 6));
  CHECK_OK(actionclip_model_similarity(model, v1, 1, a, 6, 1.0f, same, 6));
  CHECK(memcmp(logits, same, sizeof same) == 0);
  CHECK_OK(actionclip_probabilities(v1, 1, a, 3, 2, e, 100, logits, 2));
  CHECK_OK(actionclip_model_probabilities(model, v1, 1, a, NULL, 3, 2, 0, same, 2));
  CHECK(memcmp(logits, same, 2 * sizeof *same) == 0);
  CHECK_OK(actionclip_similarity(v1, 1, a, 6, e, 1.0f, logits, 6));
  double dot = 0, vv = 0, tt = 0, sum = 0;
  for (size_t i = 0; i < e; i++) {
    dot += (double)v1[i] * (double)a[i];
    vv += (double)v1[i] * (double)v1[i];
    tt += (double)a[i] * (double)a[i];
  }
  CHECK(fabs((double)logits[0] - dot / sqrt(vv * tt)) < 1e-5);
  CHECK_OK(actionclip_probabilities(v1, 1, a, 3, 2, e, 100.0f, chance, 2));
  sum = (double)chance[0] + (double)chance[1];
  CHECK(fabs(sum - 1) < 1e-5 && chance[0] > 0 && chance[1] > 0);

  /* The reference's sampling: shared expectations of its test-time rule. */
  int64_t at[8];
  static const int64_t of_ten[8] = {0, 1, 2, 3, 5, 6, 7, 8};
  CHECK_OK(actionclip_sample_indices(10, 8, at, 8));
  CHECK(memcmp(at, of_ten, sizeof at) == 0);
  CHECK_OK(actionclip_sample_indices(5, 1, at, 1));
  CHECK(at[0] == 2);
  CHECK_OK(actionclip_sample_indices(3, 6, at, 6));
  CHECK(at[0] == 0 && at[1] == 0 && at[2] == 1 && at[5] == 2);

  /* Half a frame further on, as mmaction2 has it; and Open-VCLIP's 3.2 seconds from the middle of 8. */
  static const int64_t by_mmaction2[8] = {0, 1, 3, 4, 5, 6, 8, 9}, by_open_vclip[6] = {60, 75, 91, 107, 123, 139};
  CHECK_OK(actionclip_sample_indices_by(ACTIONCLIP_SAMPLING_MMACTION2, 10, 0, 8, at, 8));
  CHECK(memcmp(at, by_mmaction2, sizeof at) == 0);
  CHECK_OK(actionclip_sample_indices_by(ACTIONCLIP_SAMPLING_OPEN_VCLIP, 200, 25, 6, at, 6));
  CHECK(memcmp(at, by_open_vclip, sizeof by_open_vclip) == 0);
  CHECK_OK(actionclip_sample_indices_by(ACTIONCLIP_SAMPLING_ACTIONCLIP, 10, 0, 8, at, 8));
  CHECK(memcmp(at, of_ten, sizeof at) == 0);

  free(pixels);
  free(f2);
  free(f1);
  free(v2);
  free(v1);
  free(tokens);
  free(b);
  free(a);
  actionclip_model_free(model);
}

int main(int argc, char **argv) {
  if (argc > 1) check_root = argv[1];
  versions_and_errors();
  for (int i = 0; i < PACK_COUNT; i++) parity(pack_names[i]);
  words_and_pictures();
  return check_report("test_api");
}
